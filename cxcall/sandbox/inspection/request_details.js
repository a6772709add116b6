// What is shown of one request. It is one script with request_list.js, which has `make` and `prose`.
function part(title, ...children) {
  const made = make("div", "part"), heading = make("h3", "", title);
  made.append(heading, ...children);
  return made;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function block(text, label) {
  const made = make("pre");
  made.tabIndex = 0;
  made.setAttribute("role", "region");
  made.setAttribute("aria-label", label);
  made.append(make("code", "", text));
  return made;
}

function listOf(pairs) {
  const list = make("dl");
  for (const [name, value] of pairs) if (value) list.append(make("dt", "", name), make("dd", "mono", value));
  return list;
}

function findingsOf(detail) {
  if (!detail.findings) return prose("soft", "This sandbox is part of a program: run `cxcall sandbox` to see findings.");
  if (!detail.findings.length) return make("p", "soft", detail.verdict === "refused" ? "No cause is visible in the request." : "No problem found.");
  const list = make("ul", "findings");
  for (const each of detail.findings) {
    const item = make("li", each.severity), line = make("p");
    line.append(make("span", `chip ${each.severity}`, each.severity), " ", make("code", "", each.code), " ", make("code", "soft", each.where));
    item.append(line, prose("", each.message));
    if (each.fix) item.append(prose("fix", `Fix: ${each.fix}`));
    if (each.why) item.append(prose("fix", `Why: ${each.why}`));
    list.append(item);
  }
  return list;
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and copy";
  }
}

function show(detail) {
  const head = make("header"), line = make("div", "head-line"), chips = make("div", "chips");
  const title = make("h2", "mono", `${detail.method} ${detail.target || detail.path}`), back = make("button", "", "Back");
  back.id = "close";
  back.type = "button";
  back.addEventListener("click", close);
  line.append(title, back);
  chips.append(make("span", `chip ${styleOf(detail)}`, detail.verdict), make("span", "chip", detail.status === null ? "no response" : `HTTP ${detail.status}`));
  if (detail.fault) chips.append(make("span", "chip warning", `fault ${detail.fault}`));
  head.append(line, chips);
  const curl = part("Repeat with curl", detail.curl ? block(detail.curl, "curl command") : make("p", "soft", "Not shown: the request has a secret.")), button = make("button", "", "Copy");
  button.type = "button";
  button.addEventListener("click", () => copy(button, detail.curl));
  if (detail.curl) curl.firstChild.append(button);
  at("content").replaceChildren(
    head, part("Findings", findingsOf(detail)),
    part("About", listOf([["operation", detail.operation], ["received", new Date(detail.at).toLocaleString()], ["engagement ID", detail.engagementId], ["correlation ID", detail.correlationId]])),
    part("Body", detail.body ? block(pretty(detail.body), "body") : make("p", "soft", "No body is kept.")),
    part("Headers", listOf(Object.entries(detail.headers))),
    part("Response", detail.response ? block(pretty(detail.response), "response") : make("p", "soft", "No body is kept.")),
    curl,
  );
  at("content").hidden = false;
  at("placeholder").hidden = true;
  if (getComputedStyle(at("close")).display !== "none") at("detail").scrollIntoView({ block: "start" });
}
