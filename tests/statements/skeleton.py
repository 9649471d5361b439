"""What is left of a long statement when everything is taken out that no rule of its structure looks at.

A journey's choice of ways is one statement of many thousand words, most of them values and comparisons; to read each
such text whole would take longer than to run it.
"""

import re

_VALUE = re.compile(r"'(?:[^']|'')*'|:(?!lane\b)[a-z_][a-z_0-9]*|\b\d+\b")
_LIST = re.compile(r"(:x|0|'x')(?:, \1)+")
_CAST = re.compile(r"\bCAST\([^()]* AS [A-Za-z\[\]]+\)")
#: Names of functions are small letters, words of the language are not.
_INNERMOST = re.compile(r"(\b[a-z][a-z_]*)?\(([^()]+)\)")
_QUERY = re.compile(r"\s*SELECT\b")
_KEPT = re.compile(r"\blane\b|\bFROM\b")
_PLACE = re.compile(r"§(\d+)§")
_ARMS = re.compile(r"( WHEN [^W]{1,200}?)\1+")
#: Shorter ones are read as they are.
_SHORT = 600


def skeleton(text: str) -> str:
    """A statement that breaks the same rules of structure as `text`, and is the same for many alike."""
    text = _LIST.sub(r"\1", _VALUE.sub(_kind, text))
    if len(text) < _SHORT:
        return text
    queries: list[str] = []
    places: dict[str, int] = {}

    def simpler(found: re.Match[str]) -> str:
        inner = found[2]
        if _QUERY.match(inner) or _KEPT.search(inner):
            if inner not in places:
                places[inner] = len(queries)
                queries.append(inner)
            return f"{found[1] or ''}§{places[inner]}§"
        kept = sorted(set(_PLACE.findall(inner)))
        return "⟨" + (" + ".join(f"§{place}§" for place in kept) or "0") + "⟩"

    before = ""
    while before != text:
        before = text
        text = _ARMS.sub(r"\1", _INNERMOST.sub(simpler, _CAST.sub("0", text)))
    return _back(text, queries)


def _back(text: str, queries: list[str]) -> str:
    """Each query where it stood first, and nothing where it stood again."""
    seen: set[str] = set()

    def again(found: re.Match[str]) -> str:
        if found[1] in seen:
            return "(SELECT 0)"
        seen.add(found[1])
        return f"({queries[int(found[1])]})"

    while _PLACE.search(text):
        text = _PLACE.sub(again, text)
    return text.replace("⟨", "(").replace("⟩", ")")


def _kind(value: re.Match[str]) -> str:
    return {"'": "'x'", ":": ":x"}.get(value[0][0], "0")
