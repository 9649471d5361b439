"""The numbers that lanes go by (design 3.1).

They are 1, 2, 3 … but where there are as many as a database that is spread over machines has: one such database puts a
lane where its number hashes to, and neighbouring numbers would leave some machines with half of what others have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: How many lanes a database that is to be spread over machines is made with.
SPREAD: Final = 256

#: Of each 256th of the server's hashes of an integer the first number that falls into it: 256, 128, 64 … equal ranges
#: of hashes hold equally many. All are below 2^12 (`ids.guid_of`).
_SPREAD_NUMBERS: Final = (
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 24, 26, 27, 28, 29, 30, 31, 33, 34, 35,
    36, 37, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 55, 56, 57, 58, 59, 60, 61, 62, 64, 65, 66, 67,
    70, 71, 72, 73, 75, 77, 78, 79, 80, 81, 82, 83, 85, 86, 88, 89, 90, 92, 93, 94, 95, 96, 99, 101, 102, 103, 104,
    106, 107, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 121, 124, 126, 128, 129, 131, 132, 133, 134, 136,
    140, 141, 144, 146, 148, 149, 154, 155, 157, 158, 160, 161, 162, 165, 166, 167, 168, 169, 170, 172, 174, 178, 179,
    184, 185, 186, 187, 190, 191, 192, 194, 195, 196, 198, 199, 200, 202, 205, 208, 215, 217, 219, 224, 228, 230, 232,
    233, 234, 240, 249, 259, 260, 261, 262, 264, 265, 269, 271, 275, 278, 287, 290, 291, 293, 295, 298, 300, 302, 303,
    307, 308, 311, 314, 317, 323, 324, 333, 335, 340, 344, 349, 351, 353, 354, 356, 357, 366, 367, 368, 371, 375, 381,
    382, 387, 388, 406, 412, 413, 416, 422, 426, 439, 443, 453, 454, 458, 466, 477, 479, 480, 481, 490, 492, 501, 504,
    509, 515, 516, 517, 520, 522, 525, 552, 564, 574, 579, 598, 619, 631, 632, 633, 645, 652, 656, 689, 726, 729, 731,
    747, 749, 846, 912, 928, 1004, 1101, 1487, 1512,
)  # fmt: skip


def lane_numbers(count: int) -> Sequence[int]:
    """The numbers of the lanes of a database that was made with so many, in order."""
    return _SPREAD_NUMBERS if count == SPREAD else range(1, count + 1)
