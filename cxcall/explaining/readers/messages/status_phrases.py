"""The phrases with which a text names the status of a response, each with an example of a status 400.

The modules that read statuses join them to patterns: a new phrase is one line here, and the example is its test.
"""

NOUNS = {
    "status(?:code)?": "The status was 400",
    "code": "exit with code=400",
    "http": "HTTP 400",
    "response": "Response: 400",
    "error": "error code 400",
    "rc": "rc=400",
    "but was": "Expected 201 but was 400",
    "indicate success": "Response status code does not indicate success: 400",
    "fail(?:s|ed) with": "Login failed with 400",
    "(?:denied|refused|rejected) with": "It is refused with 400",
    r"failed(?=: [0-9]{3}\b[^\n{]{0,40}\{)": 'Login failed: 400 {"message": "no"}',
    r"\w+(?:Error|Exception)(?=:)": "ApiException: 400",
}
"""Names of a status, or of what has one."""
VERBS = {
    "return(?:s|ed|ing)": "It returned a 400",
    "get(?:s|ting)?": "I keep getting 400",
    "got": "We got back a 400",
    "receiv(?:es?|ed|ing)": "We receive 400",
    "gives?": "It gives me 400",
    "gave": "It gave us a 400",
    "throws|threw": "It threw 400",
    "answer(?:s|ed)": "The server answered: 400",
    "repl(?:ies|ied)": "It replies with 400",
    "respond(?:s|ed)": "It responded with 400",
}
"""What a server does with a status; also what it does with a number of things."""
SIGNS = {
    "-{1,2}>": "POST /path -> 400",
    "<-{1,2}": "<-- 400",
    "=>": "POST /path => 400",
    "\u2192": "POST /path \u2192 400",
    r"\(": "It was refused (400)",
    r"(?<!\w)\[": "POST /path [400]",  # not `Handler[100]`
    "[0-9]ms -": "120.3ms - 400",  # of .NET
}
VAGUE = {
    "fail(?:s|ed)?": "It fails: 400",
    "(?:actual|current|tats\u00e4chlich)\\w*(?: (?:behaviou?r|ergebnis|verhalten|code|outcome|output|response|result|status))?": "Actual result: 400",
    "reality|does return": "Does return: 400",
    "(?:now|today)(?=:)": "Today: 400.",
    "(?:not|\\w*n['\u2019]t) \\w+(?: as \\w+)?(?=:)": "It doesn't work: 400",
    "it['\u2019]s(?= an? )": "It's a 400",
    "says?|said": "It says 400",
    "(?:I|we) (?:only )?(?:see|saw)": "Today I see a 400",
    "prints|printed": "It prints 400",
    "shows": "The log shows 400",
    "results?": "Result: 400",
    "output": "Output: 400",
    "ends|comes": "It comes back with 400",
    r"(?:bekommen?|erhalten?|kommt|liefert)(?= \d+(?:[.,;:!]|$| zur\u00fcck))": "Wir erhalten 400",
    "devuelve|obtengo|recibo|regresa": "Obtengo 400",
    "obtenu|renvoie": "Obtenu : 400",
}
"""Other words, which may stand before any number: only the words behind it show that it is a status."""
THINGS = tuple(
    """
    agent attempt byte call callback campaign character contact conversation customer day entrie file hour interaction
    item lead line list message minute month number object page phone queue record request result row skill time
    token user week year
    """.split()
)
"""What a number counts, without the `s` at the end."""
ERROR_LABELS = {
    "returned error": "The requested URL returned error: 400",
    "(?:client|server) error": "Server error: 400",
    r"(?:status|(?:http_)?code)[\w ]{0,24}": '"http_code" => 400',
    r"(?:c\u00f3digo|estado|codice|stato)[\w ]{0,24}": "El servidor devolvi\u00f3 el c\u00f3digo de estado 400",
    r"(?:r\u00e9ponse|statut|antwort)[\w ]{0,24}": "R\u00e9ponse du serveur: 400",
}
"""Labels of an error status anywhere in a line, also of code."""
