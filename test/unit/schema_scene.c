/* SPDX-License-Identifier: MIT */
/* What the tests of lib/schema share; see schema_scene.h. */
#include "config.h"

#include "schema_scene.h"

#include <errno.h>
#include <string.h>

#include "util/mem.h"

int scene_open(struct scene *s, const struct mcps_field *fields, size_t struct_size)
{
    int r;

    memset(s, 0, sizeof *s);
    mcps__buf_init(&s->out, SIZE_MAX);
    r = mcps__reader_init(&s->reader, &mcps__json_default_limits);
    if (r >= 0)
        r = mcps__table_new(&s->table, fields, struct_size, s->error, sizeof s->error);
    return r;
}

static void forget(struct scene *s)
{
    mcps__args_fini(&s->args);
    mcps__free(s->text);
    s->text = NULL;
    s->error[0] = '\0';
}

void scene_close(struct scene *s)
{
    forget(s);
    mcps__buf_fini(&s->out);
    s->table = mcps__table_free(s->table);
    mcps__reader_fini(&s->reader);
}

int scene_decode_bytes(struct scene *s, const char *text, size_t len)
{
    forget(s);
    s->text = mcps__malloc(len);
    if (!s->text)
        return -ENOMEM;
    memcpy(s->text, text, len);
    if (len > 0) {
        mcps__scan_reset(&s->reader.parser.scan);
        if (mcps__scan_feed(&s->reader.parser.scan, s->text, len, true) != 1)
            return -1;
    }
    return mcps__args_decode(&s->args, s->table, s->text, len, &s->reader, s->error,
                             sizeof s->error);
}

int scene_decode(struct scene *s, const char *text)
{
    return scene_decode_bytes(s, text, strlen(text));
}

int scene_schema(struct scene *s)
{
    struct mcps__writer w;
    int r;

    mcps__buf_clear(&s->out);
    mcps__write_init(&w, &s->out);
    mcps__table_write_schema(s->table, &w);
    r = mcps__write_end(&w);
    return r < 0 ? r : mcps__buf_append_byte(&s->out, '\0');
}

int scene_compile(struct scene *s)
{
    const struct mcps_schema_options options = MCPS_SCHEMA_OPTIONS(.max_steps = 100000);
    int r = scene_schema(s);

    s->scratch = s->reader.scratch;
    return r < 0 ? r
                 : mcps__table_compile(s->table, s->out.data, s->out.len - 1, &options,
                                       s->error, sizeof s->error);
}

int scene_encode(struct scene *s, const void *value)
{
    struct mcps__writer w;
    int r;

    mcps__buf_clear(&s->out);
    mcps__write_init(&w, &s->out);
    r = mcps__table_encode(s->table, value, &w, s->scratch, s->error, sizeof s->error);
    return r < 0 ? r : mcps__buf_append_byte(&s->out, '\0');
}
