/* SPDX-License-Identifier: MIT */
/* Does a text fit a format? Each for format.c's table, in time that grows with the text's
 * length alone. Any thread; nothing is allocated. */
#ifndef MCPS_SCHEMA_FITS_H
#define MCPS_SCHEMA_FITS_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 3339 */
bool mcps__fits_date(const char *text, size_t len);
bool mcps__fits_time(const char *text, size_t len);
bool mcps__fits_date_time(const char *text, size_t len);
bool mcps__fits_duration(const char *text, size_t len);

/* RFC 2673 and 4291, 1123 and 5890, 5321 and 6531 */
bool mcps__fits_ipv4(const char *text, size_t len);
bool mcps__fits_ipv6(const char *text, size_t len);
bool mcps__fits_hostname(const char *text, size_t len);
bool mcps__fits_idn_hostname(const char *text, size_t len);
bool mcps__fits_email(const char *text, size_t len);
bool mcps__fits_idn_email(const char *text, size_t len);

/* RFC 3986, 3987, 6570 */
bool mcps__fits_uri(const char *text, size_t len);
bool mcps__fits_uri_reference(const char *text, size_t len);
bool mcps__fits_iri(const char *text, size_t len);
bool mcps__fits_iri_reference(const char *text, size_t len);
bool mcps__fits_uri_template(const char *text, size_t len);

#endif
