/* SPDX-License-Identifier: MIT */
/* Pieces, with blobs, too: whatever the client takes at once, the same bytes; freed once. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/piece.h"
#include "util/base64.h"
#include "util/mem.h"

extern const struct unit_test piece_tests[];

/* ---- text alone ---- */

static void a_piece_is_what_was_written(void)
{
    static const char text[] = "{\"jsonrpc\":\"2.0\"}";
    struct mcps__piece *piece = NULL;
    struct mcps__buf buf;

    CHECK_INT(mcps__piece_begin(&buf, 100), 0);
    CHECK_INT(mcps__buf_append_str(&buf, text), 0);
    piece = mcps__piece_end(&buf);
    CHECK_INT(buf.len, 0);
    CHECK(buf.data == NULL);
    CHECK_MEM(piece->data, piece->len, text, sizeof text - 1);
    CHECK(piece->owner == NULL && !piece->progress);
    CHECK(mcps__list_is_empty(&piece->link));
    mcps__piece_free(piece);
    piece = NULL;
    mcps__piece_free(NULL);
    CHECK_INT(mcps__piece_begin(&buf, 0), 0);
    piece = mcps__piece_end(&buf);
    CHECK_INT(piece->len, 0);
out:
    mcps__buf_fini(&buf);
    mcps__piece_free(piece);
}

static void a_piece_has_its_limit_without_its_head(void)
{
    struct mcps__buf buf;
    struct mcps__piece *piece = NULL;

    CHECK_INT(mcps__piece_begin(&buf, 3), 0);
    CHECK_INT(mcps__buf_append(&buf, "abcd", 4), MCPS_ELIMIT);
    CHECK_INT(mcps__buf_append(&buf, "abc", 3), 0);
    CHECK_INT(mcps__buf_append(&buf, "d", 1), MCPS_ELIMIT);
    piece = mcps__piece_end(&buf);
    CHECK_MEM(piece->data, piece->len, "abc", 3);
    mcps__piece_free(piece);
    piece = NULL;
    /* No limit at all. */
    CHECK_INT(mcps__piece_begin(&buf, SIZE_MAX), 0);
    CHECK_INT(mcps__buf_append(&buf, "abcd", 4), 0);
out:
    mcps__buf_fini(&buf);
    mcps__piece_free(piece);
}

/* The buffer has doubled while it grew; the content survives the shrinking. */
static void large_pieces_keep_their_content(void)
{
    enum { LARGE = 70000 };
    struct mcps__buf buf;
    struct mcps__piece *piece = NULL;

    CHECK_INT(mcps__piece_begin(&buf, SIZE_MAX), 0);
    for (unsigned i = 0; i < LARGE; i++)
        CHECK_INT(mcps__buf_append_byte(&buf, (char)('a' + i % 26)), 0);
    piece = mcps__piece_end(&buf);
    CHECK_INT(piece->len, LARGE);
    for (unsigned i = 0; i < LARGE; i++)
        CHECK_INT(piece->data[i], 'a' + i % 26);
out:
    mcps__buf_fini(&buf);
    mcps__piece_free(piece);
}

/* ---- what is taken, and freed ---- */

static unsigned n_freed;

static void count_free(void *userdata)
{
    (void)userdata;
    n_freed++;
}

static unsigned char bytes_at(size_t i)
{
    return (unsigned char)(i * 7 + (i >> 8) * 13);
}

static const unsigned char *some_bytes(void)
{
    static unsigned char bytes[100000];

    if (bytes[1] == 0) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = bytes_at(i);
    }
    return bytes;
}

/* ---- messages, made in two ways ---- */

enum { WHOLE_MAX = 300000 };

struct message {
    struct mcps__buf buf;
    struct mcps__blobs blobs;
    struct mcps__piece *piece;
    char whole[WHOLE_MAX]; /* as it ought to be */
    size_t whole_len;
    unsigned n_taken;
};

static bool message_begin(struct message *m)
{
    n_freed = 0;
    m->blobs = (struct mcps__blobs){ .items = NULL };
    m->piece = NULL;
    m->whole_len = 0;
    m->n_taken = 0;
    return mcps__piece_begin(&m->buf, SIZE_MAX) == 0;
}

static bool message_text(struct message *m, const char *text)
{
    memcpy(m->whole + m->whole_len, text, strlen(text));
    m->whole_len += strlen(text);
    return mcps__buf_append_str(&m->buf, text) == 0;
}

static bool message_blob(struct message *m, size_t len)
{
    struct mcps_blob blob = mcps_blob_take(some_bytes(), len, count_free, NULL);
    bool ok;

    m->n_taken++;
    ok = mcps__blob_own(&blob, SIZE_MAX) == 0 &&
         mcps__blobs_add(&m->blobs, &blob, mcps__piece_text_len(&m->buf)) == 0;
    mcps__blob_release(&blob);
    mcps__base64_encode(m->whole + m->whole_len, some_bytes(), len);
    m->whole_len += MCPS__BASE64_ENCODED(len);
    return ok;
}

/* A text with a digit for a blob of so many bytes, and a capital for one of many more. */
static bool message_make(struct message *m, const char *plan)
{
    if (!message_begin(m))
        return false;
    for (; *plan; plan++) {
        const char text[2] = { *plan, '\0' };
        bool ok;

        if (*plan >= '0' && *plan <= '9')
            ok = message_blob(m, (size_t)(*plan - '0'));
        else if (*plan >= 'A' && *plan <= 'Z')
            ok = message_blob(m, (size_t)(*plan - 'A') * 1000 + 50);
        else
            ok = message_text(m, text);
        if (!ok)
            return false;
    }
    m->piece = mcps__piece_end_with(&m->buf, &m->blobs);
    return true;
}

static void message_end(struct message *m)
{
    mcps__piece_free(m->piece);
    m->piece = NULL;
    mcps__blobs_fini(&m->blobs);
    mcps__buf_fini(&m->buf);
}

/* From an offset to the end, with a new scratch for each of the steps that take `step` bytes
 * at the most: is it as it ought to be? */
static bool same_from(struct message *m, size_t offset, size_t scratch_size, size_t step)
{
    static char memory[70000];

    while (offset < m->piece->len) {
        struct mcps__scratch scratch = { memory, scratch_size };
        struct mcps__span span = mcps__piece_next(m->piece, offset, &scratch);
        size_t len = span.len < step ? span.len : step;

        if (len == 0 || scratch.size > scratch_size || offset + span.len > m->whole_len ||
            memcmp(span.data, m->whole + offset, span.len) != 0) {
            unit_note("at %zu of %zu", offset, m->whole_len);
            return false;
        }
        offset += len;
    }
    return offset == m->whole_len;
}

static struct message one;

static const char *const plans[] = {
    "",       "abc",   "0",         "1",        "2",   "3",      "a0b",  "a1b",
    "a2b",    "a3b",   "a4b5c6d",   "a00b",     "0a0", "012345", "a123", "0a10",
    "a3333b", "00300", "a9b8c7d6e", "abc7abc0", "70",  "a1b2c3",
};
enum { N_PLANS = sizeof plans / sizeof plans[0] };

/* Every place that a write can end at, and every scratch that may be there. */
static void every_step_through_a_message_gives_the_same(void)
{
    for (size_t i = 0; i < N_PLANS; i++) {
        CHECK(message_make(&one, plans[i]));
        unit_note_on_failure("plan %s", plans[i]);
        CHECK_INT(one.piece->len, one.whole_len);
        for (size_t offset = 0; offset <= one.whole_len; offset++) {
            for (size_t scratch = 4; scratch < 14; scratch++) {
                for (size_t step = 1; step < 9; step++)
                    CHECK(same_from(&one, offset, scratch, step));
            }
        }
        message_end(&one);
        CHECK_INT(n_freed, one.n_taken);
    }
out:
    unit_note_on_failure("%s", "");
    message_end(&one);
}

/* Blobs of several scratches, whose ends fall on all parts of a group. */
static void large_blobs_are_encoded_in_chunks(void)
{
    static const size_t sizes[] = { 4, 7, 64, 1000, 4099, 16384, 65536 };

    CHECK(message_make(&one, "aBbC9cDd0E"));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        CHECK(same_from(&one, 0, sizes[i], SIZE_MAX));
        CHECK(same_from(&one, 0, sizes[i], sizes[i] - 1));
    }
    for (unsigned i = 0; i < unit_repeat(200, 5000); i++) {
        size_t offset = (size_t)unit_random_below(one.whole_len);

        CHECK(same_from(&one, offset, 4 + (size_t)unit_random_below(30000),
                        1 + (size_t)unit_random_below(30000)));
    }
out:
    message_end(&one);
}

static void a_scratch_without_room_gives_text_only(void)
{
    char memory[8];
    struct mcps__scratch scratch = { memory, 3 };
    struct mcps__span span;

    CHECK(message_make(&one, "abc6de"));
    span = mcps__piece_next(one.piece, 1, &scratch);
    CHECK_MEM(span.data, span.len, "bc", 2);
    CHECK_INT(mcps__piece_next(one.piece, 3, &scratch).len, 0);
    CHECK_INT(scratch.size, 3);
    span = mcps__piece_next(one.piece, 11, &scratch);
    CHECK_MEM(span.data, span.len, "de", 2);
    CHECK_INT(mcps__piece_next(one.piece, 13, &scratch).len, 0);
    /* What is used is taken off its front. */
    scratch.size = 8;
    CHECK_INT(mcps__piece_next(one.piece, 7, &scratch).len, 4);
    CHECK(scratch.data == memory + 4 && scratch.size == 4);
out:
    message_end(&one);
}

/* ---- whose bytes they are ---- */

static void a_copy_is_made_at_once(void)
{
    char bytes[] = "xyz";
    struct mcps_blob blob = mcps_blob_copy(bytes, 3);

    n_freed = 0;
    CHECK_INT(mcps__blob_own(&blob, 4), 0);
    memcpy(bytes, "...", 3);
    CHECK_MEM(blob.data, blob.len, "xyz", 3);
    CHECK_INT(blob.kind, MCPS_BLOB_TAKE);
    mcps__blob_release(&blob);
    CHECK(blob.data == NULL && blob.free == NULL);
    mcps__blob_release(&blob);
    /* Of nothing there is nothing to copy. */
    blob = mcps_blob_copy(NULL, 0);
    CHECK_INT(mcps__blob_own(&blob, 0), 0);
out:
    mcps__blob_release(&blob);
}

static void what_is_static_is_nobodys(void)
{
    struct mcps__blobs blobs = { .items = NULL };
    struct mcps_blob blob = mcps_blob_static(some_bytes(), 5);

    n_freed = 0;
    blob.free = count_free; /* as nobody would who uses the function */
    CHECK_INT(mcps__blob_own(&blob, SIZE_MAX), 0);
    CHECK(blob.data == some_bytes());
    CHECK_INT(mcps__blobs_add(&blobs, &blob, 0), 0);
    CHECK_INT(blobs.held, 0);
    CHECK_INT(blobs.wire, 8);
    mcps__blobs_fini(&blobs);
    CHECK_INT(n_freed, 0);
out:
    mcps__blobs_fini(&blobs);
    mcps__blob_release(&blob);
}

static void what_is_refused_is_freed_all_the_same(void)
{
    struct mcps_blob blob = mcps_blob_take(NULL, 1, count_free, NULL);

    n_freed = 0;
    CHECK_INT(mcps__blob_own(&blob, SIZE_MAX), -EINVAL);
    mcps__blob_release(&blob);
    CHECK_INT(n_freed, 1);
    blob = mcps_blob_take(some_bytes(), 4, count_free, NULL);
    CHECK_INT(mcps__blob_own(&blob, 7), MCPS_ELIMIT);
    mcps__blob_release(&blob);
    CHECK_INT(n_freed, 2);
    blob = mcps_blob_take(some_bytes(), SIZE_MAX, count_free, NULL);
    CHECK_INT(mcps__blob_own(&blob, SIZE_MAX - 1), MCPS_ELIMIT);
    mcps__blob_release(&blob);
    CHECK_INT(n_freed, 3);
    blob = mcps_blob_take(some_bytes(), 3, NULL, NULL);
    CHECK_INT(mcps__blob_own(&blob, 4), 0);
    mcps__blob_release(&blob);
    /* No kind that there is. */
    blob.kind = 7;
    blob.free = count_free;
    CHECK_INT(mcps__blob_own(&blob, SIZE_MAX), -EINVAL);
    mcps__blob_release(&blob);
    CHECK_INT(n_freed, 3);
out:;
}

/* ---- files ---- */

/* A file without a name. */
static int file_of(size_t len)
{
    FILE *file = tmpfile();
    int fd = file && fwrite(some_bytes(), 1, len, file) == len && fflush(file) == 0
                 ? dup(fileno(file))
                 : -1;

    if (file)
        fclose(file);
    return fd;
}

/* As a message of one blob, whatever the scratch. */
static bool is_sent_as(struct mcps__blobs *blobs, size_t room, const void *want,
                       size_t len)
{
    static char got[4 << 16], memory[4 << 16], encoded[4 << 16];
    struct mcps__buf buf;
    struct mcps__piece *piece;
    size_t offset = 0;

    if (mcps__piece_begin(&buf, 100) < 0)
        return false;
    piece = mcps__piece_end_with(&buf, blobs);
    while (offset < piece->len) {
        struct mcps__scratch scratch = { memory, room };
        struct mcps__span span = mcps__piece_next(piece, offset, &scratch);

        memcpy(got + offset, span.data, span.len);
        offset += span.len;
    }
    mcps__piece_free(piece);
    mcps__base64_encode(encoded, want, len);
    return offset == MCPS__BASE64_ENCODED(len) && memcmp(got, encoded, offset) == 0;
}

static void a_file_is_read_as_it_is_sent(void)
{
    static const size_t lens[] = { 0, 1, 2, 3, 100, 6144, 6145, 20000 };
    static const size_t rooms[] = { 4, 7, 1000, 8192, 8196, 65536 };
    struct mcps__blobs blobs = { .items = NULL };
    struct mcps_blob blob = { .data = NULL };

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        for (size_t j = 0; j < sizeof rooms / sizeof rooms[0]; j++) {
            int fd = file_of(lens[i]);

            CHECK(fd >= 0);
            blob = mcps_blob_fd(fd, lens[i]);
            CHECK_INT(mcps__blob_own(&blob, SIZE_MAX), 0);
            CHECK_INT(mcps__blobs_add(&blobs, &blob, 0), 0);
            CHECK_INT(blobs.held, MCPS__BLOB_FD_COST);
            CHECK(is_sent_as(&blobs, rooms[j], some_bytes(), lens[i]));
            CHECK(fcntl(fd, F_GETFD) < 0);
        }
    }
out:
    mcps__blobs_fini(&blobs);
    mcps__blob_release(&blob);
}

static void what_is_shared_costs_nothing_and_is_let_go_of_once(void)
{
    struct mcps__blobs blobs = { .items = NULL };
    struct mcps_blob bytes = mcps_blob_take(some_bytes(), 5, NULL, NULL), file, shared;

    n_freed = 0;
    file = mcps_blob_fd(file_of(7), 7);
    CHECK_INT(mcps__blob_own(&bytes, SIZE_MAX), 0);
    CHECK_INT(mcps__blob_own(&file, SIZE_MAX), 0);
    for (int i = 0; i < 2; i++) {
        shared = mcps__blob_share(i ? &file : &bytes, count_free, NULL);
        CHECK_INT(mcps__blobs_add(&blobs, &shared, 0), 0);
        CHECK_INT(blobs.held, 0);
        CHECK(is_sent_as(&blobs, 1000, some_bytes(), i ? 7 : 5));
        CHECK_INT(n_freed, i + 1);
    }
    CHECK(fcntl(file.fd, F_GETFD) >= 0);
out:
    mcps__blobs_fini(&blobs);
    mcps__blob_release(&file);
}

/* ---- joining ---- */

/* As the answers to a batch are: "[", one, ",", the other, "]". */
static void messages_can_be_joined(void)
{
    static struct message other, both;

    CHECK(message_make(&one, "a3b1") && message_make(&other, "05cd3"));
    CHECK(message_begin(&both));
    CHECK_INT(mcps__buf_append_byte(&both.buf, '['), 0);
    CHECK_INT(mcps__blobs_append(&both.blobs, &one.piece->blobs,
                                 mcps__piece_text_len(&both.buf)),
              0);
    CHECK_INT(mcps__buf_append(&both.buf, one.piece->data, one.piece->text_len), 0);
    CHECK_INT(mcps__buf_append_byte(&both.buf, ','), 0);
    CHECK_INT(mcps__blobs_append(&both.blobs, &other.piece->blobs,
                                 mcps__piece_text_len(&both.buf)),
              0);
    CHECK_INT(mcps__buf_append(&both.buf, other.piece->data, other.piece->text_len), 0);
    CHECK_INT(mcps__buf_append_byte(&both.buf, ']'), 0);
    both.piece = mcps__piece_end_with(&both.buf, &both.blobs);
    CHECK_INT(both.blobs.n, 0);
    memcpy(both.whole, "[", 1);
    memcpy(both.whole + 1, one.whole, one.whole_len);
    memcpy(both.whole + 1 + one.whole_len, ",", 1);
    memcpy(both.whole + 2 + one.whole_len, other.whole, other.whole_len);
    memcpy(both.whole + 2 + one.whole_len + other.whole_len, "]", 1);
    both.whole_len = 3 + one.whole_len + other.whole_len;
    for (size_t offset = 0; offset < both.whole_len; offset++)
        CHECK(same_from(&both, offset, 8, 3));
    message_end(&one);
    message_end(&other);
    CHECK_INT(n_freed, 0);
    message_end(&both);
    CHECK_INT(n_freed, one.n_taken + other.n_taken);
out:
    message_end(&one);
    message_end(&other);
    message_end(&both);
}

const struct unit_test piece_tests[] = {
    UNIT_TEST(a_piece_is_what_was_written),
    UNIT_TEST(a_piece_has_its_limit_without_its_head),
    UNIT_TEST(large_pieces_keep_their_content),
    UNIT_TEST(every_step_through_a_message_gives_the_same),
    UNIT_TEST(large_blobs_are_encoded_in_chunks),
    UNIT_TEST(a_scratch_without_room_gives_text_only),
    UNIT_TEST(a_copy_is_made_at_once),
    UNIT_TEST(what_is_static_is_nobodys),
    UNIT_TEST(what_is_refused_is_freed_all_the_same),
    UNIT_TEST(a_file_is_read_as_it_is_sent),
    UNIT_TEST(what_is_shared_costs_nothing_and_is_let_go_of_once),
    UNIT_TEST(messages_can_be_joined),
    UNIT_END,
};
