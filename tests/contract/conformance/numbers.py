"""Which decisions of api.md count, and the checks of its section 13: the law that each has a test goes by this page."""

#: Numbers of the index in section 14, with the two that carry a letter.
EVERY = (*(f"D-{number:02}" for number in range(1, 61)), "D-28a", "D-54a")

#: What the contract overrides in them; the rest of each of these decisions is tested.
OVERRIDDEN = {
    "D-04": "the default offset is +00:00 (contract 1)",
    "D-18": "a dangling `next` is no error of a save (contract 4)",
    "D-28": "the content layer: journey rules are those of validate and publish (contract 4)",
    "D-37": "PausedDays above 14 is clamped (contract 7)",
}

#: Settings of section 14 that are not built (contract, "Settled"), so that their other value has no case.
NOT_BUILT = ("stale_status", "enforce_text_characters", "generate_missing_key")

CHECKS = tuple(range(1, 19))
