// Check JSON Lines with ajv, compiled once: node ajv_lines.mjs SCHEMA FILE (NODE_PATH says where ajv is).
import { createRequire } from "node:module";
import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const require = createRequire(process.env.NODE_PATH + "/");
const Ajv = require("ajv/dist/2020");
const ajv = new Ajv({ strict: false });
require("ajv-formats")(ajv);
const takes = ajv.compile(JSON.parse(readFileSync(process.argv[2], "utf8")));
let valid = 0;
for await (const line of createInterface({ input: createReadStream(process.argv[3]) })) {
  if (takes(JSON.parse(line))) valid += 1;
}
console.log(valid);
