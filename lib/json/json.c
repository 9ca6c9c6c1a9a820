/* SPDX-License-Identifier: MIT */
/* Limits and errors of the JSON floor; see json.h. */
#include "config.h"

#include "json/json.h"

const struct mcps__json_limits mcps__json_default_limits = {
#define XX(name, value, text) .name = (value),
    MCPS__JSON_LIMIT_MAP(XX)
#undef XX
};

static const struct error_row {
    int value;
    bool limit;
    const char *name, *text;
} error_rows[] = {
#define XX(name, value, limit, text) { (value), (limit), #name, text },
    MCPS__JSON_ERROR_MAP(XX)
#undef XX
};

static const struct error_row *find_row(int error)
{
    for (size_t i = 0; i < sizeof error_rows / sizeof error_rows[0]; i++) {
        if (error_rows[i].value == error)
            return &error_rows[i];
    }
    return NULL;
}

const char *mcps__json_strerror(int error)
{
    const struct error_row *row = find_row(error);

    return row ? row->text : mcps_strerror(error);
}

const char *mcps__json_error_name(int error)
{
    const struct error_row *row = find_row(error);

    return row ? row->name : NULL;
}

bool mcps__json_error_is_limit(int error)
{
    const struct error_row *row = find_row(error);

    return row && row->limit;
}
