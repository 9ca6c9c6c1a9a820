/* SPDX-License-Identifier: MIT */
/* The table of formats, and those that are told in a few lines; see format.h. */
#include "config.h"

#include "schema/format.h"

#include <string.h>

#include "schema/chars.h"
#include "schema/fits.h"

static bool fits_uuid(const char *text, size_t len)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (len != sizeof form - 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (form[i] == '-' ? text[i] != '-' : mcps__ascii_hex(text[i]) < 0)
            return false;
    }
    return true;
}

/* The one format that any character fits, even a NUL. */
static bool fits_json_pointer(const char *text, size_t len)
{
    if (len > 0 && text[0] != '/')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '~' && (i + 1 == len || !mcps__ascii_is_one_of(text[i + 1], "01")))
            return false;
    }
    return true;
}

static bool fits_relative_json_pointer(const char *text, size_t len)
{
    struct mcps__chars rest = mcps__chars_of(text, len);
    size_t digits = mcps__chars_take_digits(&rest);

    if (digits == 0 || (digits > 1 && text[0] == '0'))
        return false;
    if (mcps__chars_take(&rest, "#"))
        return mcps__chars_left(&rest) == 0;
    return fits_json_pointer(rest.at, mcps__chars_left(&rest));
}

static const struct mcps__format formats[] = {
    { "date-time", "a date and time as in RFC 3339 (2026-07-28T09:30:00Z)",
      mcps__fits_date_time },
    { "date", "a date as in RFC 3339 (2026-07-28)", mcps__fits_date },
    { "time", "a time with its offset as in RFC 3339 (09:30:00Z)", mcps__fits_time },
    { "duration", "a duration as in RFC 3339 (P1DT12H)", mcps__fits_duration },
    { "email", "an email address (name@example.org)", mcps__fits_email },
    { "idn-email", "an email address, which may be international (name@example.org)",
      mcps__fits_idn_email },
    { "hostname", "the name of a host (www.example.org)", mcps__fits_hostname },
    { "idn-hostname", "the name of a host, which may be international (www.example.org)",
      mcps__fits_idn_hostname },
    { "ipv4", "an IPv4 address (192.0.2.1)", mcps__fits_ipv4 },
    { "ipv6", "an IPv6 address (2001:db8::1)", mcps__fits_ipv6 },
    { "uri", "a URI with its scheme (https://example.org/a)", mcps__fits_uri },
    { "uri-reference", "a URI or a relative reference (../a#b)",
      mcps__fits_uri_reference },
    { "iri", "an IRI with its scheme (https://example.org/a)", mcps__fits_iri },
    { "iri-reference", "an IRI or a relative reference (../a#b)",
      mcps__fits_iri_reference },
    { "uuid", "a UUID (2eb8aa08-aa98-11ea-b4aa-73b441d16380)", fits_uuid },
    { "uri-template", "a URI template as in RFC 6570 (https://example.org/{name})",
      mcps__fits_uri_template },
    { "json-pointer", "a JSON Pointer (/a/0)", fits_json_pointer },
    { "relative-json-pointer", "a relative JSON Pointer (1/a)",
      fits_relative_json_pointer },
};

const struct mcps__format *mcps__format_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    }
    return NULL;
}
