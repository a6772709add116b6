// Write the code that postman-code-generators and @readme/httpsnippet generate for requests.
//
// Usage: node generate_code.cjs NODE_MODULES < requests.json > snippets.json
// A request has method, url, headers (pairs), and text or params (pairs of a form). A snippet has
// generator, request (its index), and text; it has no text where the generator failed.
const path = require('path')
const fs = require('fs')

const modules = path.resolve(process.argv[2])
const load = (name) => require(path.join(modules, name))
const postman = load('postman-code-generators')
const { Request } = load('postman-collection')
const { HTTPSnippet, availableTargets } = load('@readme/httpsnippet')

function postmanRequest(request) {
  const pairs = (each) => each.map(([key, value]) => ({ key, value }))
  const body = request.params
    ? { mode: 'urlencoded', urlencoded: pairs(request.params) }
    : request.text !== undefined
      ? { mode: 'raw', raw: request.text, options: { raw: { language: 'json' } } }
      : undefined
  return new Request({ method: request.method, url: request.url, header: pairs(request.headers), body })
}

function harRequest(request) {
  const pairs = (each) => each.map(([name, value]) => ({ name, value }))
  const url = new URL(request.url)
  const type = request.headers.find(([name]) => name.toLowerCase() === 'content-type')
  const har = {
    method: request.method,
    url: request.url.split('?')[0],
    httpVersion: 'HTTP/1.1',
    queryString: pairs([...url.searchParams]),
    headers: pairs(request.headers),
    cookies: [],
    headersSize: -1,
    bodySize: -1,
  }
  if (request.params) har.postData = { mimeType: 'application/x-www-form-urlencoded', params: pairs(request.params) }
  else if (request.text !== undefined) har.postData = { mimeType: type ? type[1] : 'text/plain', text: request.text }
  return har
}

// The variations that a person can choose in the dialog of Postman.
const OPTIONS = [
  {},
  { trimRequestBody: true, longFormat: false, multiLine: false, quoteType: 'double', ES6_enabled: true,
    includeBoilerplate: true, asyncAwaitEnabled: true, indentType: 'Tab', indentCount: 1, followRedirect: false,
    requestTimeout: 5000, requestTimeoutInSeconds: 5, silent: true, protocol: 'https', useMimeType: true },
  { lineContinuationCharacter: '^', quoteType: 'double' },
  { lineContinuationCharacter: '`' },
]

const result = []
const add = (generator, index, make) => {
  try {
    const made = make()
    for (const text of Array.isArray(made) ? made : [made]) result.push({ generator, request: index, text: text || '' })
  } catch (error) {
    result.push({ generator, request: index, error: String(error) })
  }
}
JSON.parse(fs.readFileSync(0, 'utf8')).forEach((request, index) => {
  for (const { key: language, variants } of postman.getLanguageList()) {
    for (const { key: variant } of variants) {
      let usable
      postman.getOptions(language, variant, (_, options) => (usable = new Set(options.map(({ id }) => id))))
      OPTIONS.forEach((options, choice) => {
        if (choice > 1 && !Object.keys(options).every((id) => usable.has(id))) return
        add(`postman ${language} ${variant}${choice ? ` ${choice}` : ''}`, index, () => {
          let text
          postman.convert(language, variant, postmanRequest(request), { ...options }, (error, snippet) => {
            if (error) throw error
            text = snippet
          })
          return text
        })
      })
    }
  }
  for (const { key: target, clients } of availableTargets()) {
    for (const { key: client } of clients) {
      add(`httpsnippet ${target} ${client}`, index, () =>
        new HTTPSnippet(harRequest(request)).convert(target, client))
    }
  }
})
process.stdout.write(JSON.stringify(result))
