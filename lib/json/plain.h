/* SPDX-License-Identifier: MIT */
/*
 * The inner loop of the scan and of the writer: skipping the bytes that may stand in a JSON
 * string as they are, which is all of ASCII but quotes, backslashes and control characters.
 */
#ifndef MCPS_JSON_PLAIN_H
#define MCPS_JSON_PLAIN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline bool mcps__is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static inline const unsigned char *mcps__skip_plain_bytes(const unsigned char *p,
                                                          const unsigned char *end)
{
    while (p < end && mcps__is_plain(*p))
        p++;
    return p;
}

/* Eight bytes at a time, on any machine. */
static inline const unsigned char *mcps__skip_plain_words(const unsigned char *p,
                                                          const unsigned char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);

    while (end - p >= 8) {
        uint64_t word, quote, backslash, special;

        memcpy(&word, p, 8);
        word = le64toh(word); /* the first byte lowest */
        quote = word ^ ones * '"';
        backslash = word ^ ones * '\\';
        /* The high bit of each byte that is not plain. A borrow may set more of them, but
         * only above the lowest one, which is the one that counts. */
        special = (word | (word - ones * 0x20) | ((quote - ones) & ~quote) |
                   ((backslash - ones) & ~backslash)) &
                  ones * 0x80;
        if (special)
            return p + (__builtin_ctzll(special) >> 3);
        p += 8;
    }
    return mcps__skip_plain_bytes(p, end);
}

#ifdef __SSE2__

/* Sixteen bytes at a time; part of every x86-64. */
static inline const unsigned char *mcps__skip_plain(const unsigned char *p,
                                                    const unsigned char *end)
{
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(0x20);

    while (end - p >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        /* As signed numbers, bytes from 0x80 on are less than a space, too. */
        __m128i special = _mm_or_si128(
            _mm_cmplt_epi8(bytes, space),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        int mask = _mm_movemask_epi8(special);

        if (mask)
            return p + __builtin_ctz((unsigned)mask);
        p += 16;
    }
    return mcps__skip_plain_bytes(p, end);
}

#else

static inline const unsigned char *mcps__skip_plain(const unsigned char *p,
                                                    const unsigned char *end)
{
    return mcps__skip_plain_words(p, end);
}

#endif

#endif
