/* SPDX-License-Identifier: MIT */
/* Ids of requests; see id.h. */
#include "config.h"

#include "rpc/id.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json/number.h"
#include "json/text.h"
#include "json/write.h"

static const char too_long[] = "an id is longer than 256 bytes";

static void set_text(struct mcps__id *id, const char *text, size_t len)
{
    memcpy(id->text, text, len);
    id->len = (uint16_t)len;
}

/* Writes a string that has escapes anew, with none that it does not need. */
static int write_plainly(struct mcps__id *id, const char *text, size_t len,
                         const char **reterr_why)
{
    struct mcps__buf decoded, written;
    struct mcps__writer w;
    int r;

    mcps__buf_init(&decoded, len);
    mcps__buf_init(&written, SIZE_MAX);
    r = mcps__text_decode(&decoded, text + 1, len - 2);
    if (r >= 0) {
        mcps__write_init(&w, &written);
        mcps__write_text(&w, decoded.data, decoded.len);
        r = mcps__write_end(&w);
    }
    if (r >= 0 && written.len > MCPS__ID_TEXT_MAX) {
        *reterr_why = too_long;
        r = MCPS_EINVALID;
    }
    if (r >= 0)
        set_text(id, written.data, written.len);
    mcps__buf_fini(&written);
    mcps__buf_fini(&decoded);
    return r;
}

static int read_string(struct mcps__id *id, const char *text, size_t len,
                       const char **reterr_why)
{
    id->kind = MCPS__ID_STRING;
    if (len > MCPS__ID_TEXT_MAX * 6) { /* too long even if each byte is an escape */
        *reterr_why = too_long;
        return MCPS_EINVALID;
    }
    if (memchr(text, '\\', len))
        return write_plainly(id, text, len, reterr_why);
    if (len > MCPS__ID_TEXT_MAX) {
        *reterr_why = too_long;
        return MCPS_EINVALID;
    }
    set_text(id, text, len);
    return 0;
}

static int read_number(struct mcps__id *id, const char *text, size_t len,
                       const char **reterr_why)
{
    id->kind = MCPS__ID_NUMBER;
    if (len > MCPS__ID_TEXT_MAX) {
        *reterr_why = too_long;
        return MCPS_EINVALID;
    }
    if (!mcps__number_to_int64(text, len, &id->number)) {
        *reterr_why = "an id that is a number must be an integer of 64 bits";
        return MCPS_EINVALID;
    }
    set_text(id, text, len);
    return 0;
}

int mcps__id_read(struct mcps__id *ret, const char *text, size_t len,
                  enum mcps__json_type type, const char **reterr_why)
{
    struct mcps__id id;
    int r;

    id.number = 0;
    if (type == MCPS__JSON_STRING) {
        r = read_string(&id, text, len, reterr_why);
    } else if (type == MCPS__JSON_NUMBER) {
        r = read_number(&id, text, len, reterr_why);
    } else {
        *reterr_why = "an id must be a string or an integer";
        r = MCPS_EINVALID;
    }
    if (r >= 0)
        mcps__id_copy(ret, &id);
    return r;
}

void mcps__id_of_number(struct mcps__id *ret, int64_t number)
{
    ret->kind = MCPS__ID_NUMBER;
    ret->number = number;
    ret->len = (uint16_t)snprintf(ret->text, sizeof ret->text, "%" PRId64, number);
}

void mcps__id_copy(struct mcps__id *to, const struct mcps__id *from)
{
    to->kind = from->kind;
    to->len = from->len;
    to->number = from->number;
    memcpy(to->text, from->text, from->len);
}

bool mcps__id_equal(const struct mcps__id *a, const struct mcps__id *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == MCPS__ID_NUMBER)
        return a->number == b->number;
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}
