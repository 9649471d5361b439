"""Which content encodings a client takes (RFC 9110, 12.5.3)."""

from __future__ import annotations


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header lets gzip through; without one the body goes out as it is."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        coding, _, parameters = part.partition(";")
        weights[coding.strip()] = _weight(parameters)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
