/* SPDX-License-Identifier: MIT */
/* What clients get to see of the registry; see lists.h. */
#include "config.h"

#include "core/lists.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/answer.h"
#include "rpc/errors.h"
#include "util/mem.h"

#define PAGES_MAGIC UINT32_C(0x50616765)

static const struct {
    const char *member;
    char letter; /* begins the kind's cursors */
    enum mcps_cache cache;
} kinds[MCPS_N_KINDS] = {
    [MCPS_TOOLS] = { "tools", 't', MCPS_CACHE_TOOLS },
    [MCPS_PROMPTS] = { "prompts", 'p', MCPS_CACHE_PROMPTS },
    [MCPS_RESOURCES] = { "resources", 'r', MCPS_CACHE_RESOURCES },
    [MCPS_TEMPLATES] = { "resourceTemplates", 'u', MCPS_CACHE_TEMPLATES },
};

/* ---- pages ---- */

struct page {
    uint64_t last; /* the serial of its last offer */
    struct mcps__bytes *bytes;
};

struct mcps__pages {
    struct mcps__obj obj;
    size_t n;
    struct page items[];
};

struct mcps__pages *mcps__pages_unref(struct mcps__pages *pages)
{
    if (!pages)
        return NULL;
    MCPS__CHECK_OBJ(pages, PAGES_MAGIC);
    if (!mcps__obj_unref(&pages->obj))
        return NULL;
    for (size_t i = 0; i < pages->n; i++)
        mcps__bytes_unref(pages->items[i].bytes);
    mcps__free(pages);
    return NULL;
}

/* What is being listed. */
struct list {
    const struct mcps__engine *engine;
    const struct mcps__snapshot *snapshot;
    enum mcps_kind kind;
    enum mcps__version version;
    unsigned caller_class;
    size_t page_size;
};

static void write_offer(struct mcps__writer *w, const struct mcps__offer *offer,
                        enum mcps__version version)
{
    mcps__write_object(w);
    for (size_t i = 0; i < MCPS__N_PARTS; i++) {
        const struct mcps__bytes *part = offer->parts[i];

        if (!part || !mcps__offer_part_known(offer, (enum mcps__part)i, version))
            continue;
        mcps__write_key(w, mcps__part_name((enum mcps__part)i));
        mcps__write_raw(w, part->data, part->len);
    }
    mcps__write_object_end(w);
}

static bool is_listed(const struct list *list, const struct mcps__place *place)
{
    return place->enabled &&
           mcps__view_shows(&list->engine->view, list->caller_class, place->offer);
}

enum { CURSOR_SIZE = 24 };

static void write_cursor(struct mcps__writer *w, enum mcps_kind kind, uint64_t serial)
{
    char cursor[CURSOR_SIZE];

    snprintf(cursor, sizeof cursor, "%c%" PRIx64, kinds[kind].letter, serial);
    mcps__write_key(w, "nextCursor");
    mcps__write_string(w, cursor);
}

/* Writes what is listed from a place on, as far as the page goes. Gives the place behind it,
 * and the serial of the last offer. */
static size_t write_page(struct mcps__writer *w, const struct list *list, size_t from,
                         uint64_t *ret_last)
{
    const struct mcps__snapshot *snapshot = list->snapshot;
    size_t n = 0;

    mcps__write_key(w, kinds[list->kind].member);
    mcps__write_array(w);
    while (from < snapshot->n_places && n < list->page_size) {
        const struct mcps__place *place = &snapshot->places[from++];

        if (!is_listed(list, place))
            continue;
        write_offer(w, place->offer, list->version);
        *ret_last = place->offer->serial;
        n++;
    }
    mcps__write_array_end(w);
    return from;
}

static bool is_more(const struct list *list, size_t from)
{
    while (from < list->snapshot->n_places &&
           !is_listed(list, &list->snapshot->places[from]))
        from++;
    return from < list->snapshot->n_places;
}

/* Gives the page from a place on, and moves that behind it: to the end if it is the last. */
static int make_page(struct page *ret, const struct list *list, size_t *from)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    int r;

    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__result_begin(&w, list->version);
    *from = write_page(&w, list, *from, &ret->last);
    if (is_more(list, *from))
        write_cursor(&w, list->kind, ret->last);
    else
        *from = list->snapshot->n_places;
    mcps__result_hints(&w, list->engine, list->version, kinds[list->kind].cache);
    mcps__result_end(&w, list->engine, list->version);
    r = mcps__write_end(&w);
    if (r >= 0)
        r = mcps__bytes_new(&ret->bytes, buf.data, buf.len);
    mcps__buf_fini(&buf);
    return r;
}

static int make_pages(struct mcps__pages **ret, const struct list *list)
{
    size_t max = list->snapshot->n_places / list->page_size + 1, from = 0;
    struct mcps__pages *pages =
        mcps__calloc(1, sizeof *pages + max * sizeof pages->items[0]);
    int r;

    if (!pages)
        return -ENOMEM;
    mcps__obj_init(&pages->obj, PAGES_MAGIC);
    do {
        r = make_page(&pages->items[pages->n], list, &from);
        pages->n += r >= 0;
    } while (r >= 0 && from < list->snapshot->n_places);
    if (r >= 0)
        *ret = pages;
    else
        mcps__pages_unref(pages);
    return r;
}

/* ---- those that are kept ---- */

static bool has_pages(const struct mcps__class_pages *own)
{
    for (size_t kind = 0; kind < MCPS_N_KINDS; kind++) {
        for (size_t i = 0; i < MCPS__N_VERSIONS; i++) {
            if (own->pages[kind][i])
                return true;
        }
    }
    return false;
}

/* Where the pages of the list are kept; NULL: nowhere, for there are too many classes. */
static struct mcps__pages **place_of(struct mcps__registry *registry,
                                     const struct list *list)
    MCPS__REQUIRES(registry->mutex)
{
    struct mcps__class_pages *free_one = NULL;

    if (!mcps__view_is_set(&list->engine->view))
        return &registry->pages[list->kind][list->version];
    for (size_t i = 0; i < MCPS__CLASSES; i++) {
        struct mcps__class_pages *own = &registry->classes[i];

        if (!has_pages(own))
            free_one = free_one ? free_one : own;
        else if (own->number == list->caller_class)
            return &own->pages[list->kind][list->version];
    }
    if (!free_one)
        return NULL;
    free_one->number = list->caller_class;
    return &free_one->pages[list->kind][list->version];
}

/* References on the pages that there are (NULL: none) and on what they would be made of. */
static uint64_t look(struct mcps__registry *registry, struct list *list,
                     struct mcps__pages **ret_pages, struct mcps__snapshot **ret_snapshot)
{
    struct mcps__pages **place;
    uint64_t n_drops;

    mcps__mutex_lock(&registry->mutex);
    place = place_of(registry, list);
    *ret_pages = place ? *place : NULL;
    if (*ret_pages)
        mcps__obj_ref(&(*ret_pages)->obj);
    *ret_snapshot = registry->current[list->kind];
    mcps__obj_ref(&(*ret_snapshot)->obj);
    n_drops = registry->n_drops[list->kind];
    mcps__mutex_unlock(&registry->mutex);
    list->snapshot = *ret_snapshot;
    return n_drops;
}

/* Unless the registry has changed since, or somebody else was faster. */
static void keep(struct mcps__registry *registry, const struct list *list,
                 struct mcps__pages *pages, uint64_t n_drops)
{
    struct mcps__pages **place;

    mcps__mutex_lock(&registry->mutex);
    place = place_of(registry, list);
    if (registry->n_drops[list->kind] == n_drops && place && !*place) {
        *place = pages;
        mcps__obj_ref(&pages->obj);
    }
    mcps__mutex_unlock(&registry->mutex);
}

/* ---- cursors ---- */

/* Just as it was written: no sign, no zeros before it. */
static bool read_cursor(enum mcps_kind kind, const struct mcps__buf *cursor,
                        uint64_t *ret)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t serial = 0;

    if (cursor->len < 2 || cursor->len > 17 || cursor->data[0] != kinds[kind].letter ||
        cursor->data[1] == '0')
        return false;
    for (size_t i = 1; i < cursor->len; i++) {
        const char *digit = memchr(digits, cursor->data[i], sizeof digits - 1);

        if (!digit)
            return false;
        serial = serial << 4 | (uint64_t)(digit - digits);
    }
    *ret = serial;
    return true;
}

static bool was_given(struct mcps__registry *registry, uint64_t serial)
{
    bool given;

    mcps__mutex_lock(&registry->mutex);
    given = serial < registry->next_serial;
    mcps__mutex_unlock(&registry->mutex);
    return given;
}

/* The first place behind a serial: they grow. */
static size_t place_after(const struct mcps__snapshot *snapshot, uint64_t serial)
{
    size_t low = 0, high = snapshot->n_places;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (snapshot->places[middle].offer->serial <= serial)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The page behind a serial, if the pages end there still; else it is made for once. */
static int page_after(const struct mcps__pages *pages, const struct list *list,
                      uint64_t serial, struct mcps__bytes **ret)
{
    struct page page;
    size_t from;
    int r;

    for (size_t i = 1; i < pages->n; i++) {
        if (pages->items[i - 1].last == serial) {
            *ret = mcps__bytes_ref(pages->items[i].bytes);
            return 0;
        }
    }
    from = place_after(list->snapshot, serial);
    r = make_page(&page, list, &from);
    if (r >= 0)
        *ret = page.bytes;
    return r;
}

static size_t page_size(const struct mcps__engine *engine)
{
    size_t size = mcps__limit_size(&engine->limits, MCPS_LIMIT_PAGE);

    return size > 0 ? size : SIZE_MAX;
}

int mcps__lists_get(struct mcps__engine *engine, enum mcps_kind kind,
                    enum mcps__version version, unsigned caller_class,
                    const struct mcps__buf *cursor, struct mcps__bytes **ret)
{
    struct mcps__registry *registry = &engine->registry;
    struct list list = {
        .engine = engine,
        .kind = kind,
        .version = version,
        .caller_class = caller_class,
        .page_size = page_size(engine),
    };
    struct mcps__pages *pages;
    struct mcps__snapshot *snapshot;
    uint64_t serial = 0, n_drops;
    int r = 0;

    if (cursor && (!read_cursor(kind, cursor, &serial) || !was_given(registry, serial)))
        return -EINVAL;
    n_drops = look(registry, &list, &pages, &snapshot);
    if (!pages) {
        r = make_pages(&pages, &list);
        if (r >= 0)
            keep(registry, &list, pages, n_drops);
    }
    if (r >= 0 && cursor)
        r = page_after(pages, &list, serial, ret);
    else if (r >= 0)
        *ret = mcps__bytes_ref(pages->items[0].bytes);
    mcps__pages_unref(pages);
    mcps__snapshot_unref(snapshot);
    return r;
}

/* ---- lists that are calls ---- */

bool mcps__lists_are_calls(const struct mcps__engine *engine)
{
    return engine->chain.on_workers || mcps__view_is_set(&engine->view);
}

static int get_page(struct mcps_call *call, struct mcps__bytes **ret)
{
    const struct mcps__param *cursor = &call->params[MCPS__PARAM_CURSOR];
    struct mcps__buf text;
    int r = 0;

    mcps__buf_init(&text, SIZE_MAX);
    if (cursor->text)
        r = mcps__buf_append(&text, cursor->text, cursor->len);
    if (r >= 0)
        r = mcps__lists_get(call->exchange.peer->engine, call->offer->kind,
                            call->exchange.context->version, mcps__view_class(call),
                            cursor->text ? &text : NULL, ret);
    mcps__buf_fini(&text);
    return r;
}

static int run_list(struct mcps_call *call)
{
    const struct mcps__id *id = &call->exchange.id;
    struct mcps__bytes *page = NULL;
    int r = get_page(call, &page);

    if (r >= 0)
        mcps__call_answer(call, mcps__ready_piece(id, page));
    else if (r == -EINVAL)
        mcps__call_answer(call, mcps__error_piece(id, MCPS__RPC_INVALID_PARAMS,
                                                  MCPS__BAD_CURSOR, NULL));
    else
        mcps__call_answer(
            call, mcps__error_piece(id, MCPS__RPC_INTERNAL, "Out of memory", NULL));
    mcps__bytes_unref(page);
    return MCPS_PENDING;
}

/* Its offer says which method. */
const struct mcps__action mcps__action_list = { .method = "list", .run = run_list };
