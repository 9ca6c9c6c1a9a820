/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "transport/http.h"
void mcps__http_old_get(struct mcps__http_conn *conn, const struct mcps__http_head *head)
{
    (void)head;
    mcps__http_reply_empty(conn, 404);
}
void mcps__http_old_post(struct mcps__http_conn *conn, const struct mcps__http_head *head,
                         struct mcps__slice text, struct mcps__scan *scan, int verdict)
{
    (void)head;
    (void)text;
    (void)scan;
    (void)verdict;
    mcps__http_reply_empty(conn, 404);
}
