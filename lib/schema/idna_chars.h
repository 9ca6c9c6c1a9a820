/* SPDX-License-Identifier: MIT */
/* What code points are to IDNA: as much of Unicode as idna.c needs. Any thread. */
#ifndef MCPS_SCHEMA_IDNA_CHARS_H
#define MCPS_SCHEMA_IDNA_CHARS_H

#include <stdbool.h>
#include <stdint.h>

/* May it stand in a label, but for rules on what is beside it? Refuses none that may. */
bool mcps__idna_is_allowed(uint32_t c);

/* Does it combine with what precedes it? Is it one that ties consonants together? */
bool mcps__idna_is_mark(uint32_t c);
bool mcps__idna_is_virama(uint32_t c);

/* Of which script is it? */
bool mcps__idna_is_greek(uint32_t c);
bool mcps__idna_is_hebrew(uint32_t c);
bool mcps__idna_is_japanese(uint32_t c); /* Hiragana, Katakana or Han */

/* With which neighbours is it joined in writing? Known of Arabic. */
enum mcps__idna_joining {
    MCPS__IDNA_JOINS_NONE,
    MCPS__IDNA_JOINS_PRECEDING,
    MCPS__IDNA_JOINS_BOTH,
    MCPS__IDNA_JOINS_THROUGH /* as if it were not there */
};
enum mcps__idna_joining mcps__idna_joining(uint32_t c);

/* In which direction is it written? Bits, for sets of them. */
enum mcps__idna_direction {
    MCPS__IDNA_LEFT_TO_RIGHT = 1,
    MCPS__IDNA_RIGHT_TO_LEFT = 2,
    MCPS__IDNA_ARABIC_NUMBER = 4,
    MCPS__IDNA_EUROPEAN_NUMBER = 8,
    MCPS__IDNA_MARK = 16,
    MCPS__IDNA_NEUTRAL = 32
};
enum mcps__idna_direction mcps__idna_direction(uint32_t c);

#endif
