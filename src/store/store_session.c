/* SPDX-License-Identifier: MIT */
/* Rows of session, session_data and token_revocation, without rules: who may
 * do what, and when a session has ended, is decided by domain. */
#include "store/store_session.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "store/stmt.h"
#include "store/store_rows.h"
#include "store/store_session_rows.h"

/* Columns of SQL_SESSION_STATE, and of the two looks. */
enum {
    STATE_COLUMNS = STORE_SESSION_STATE_COLUMNS,
    CHECK_COLUMNS = STATE_COLUMNS + 1,
    LOOK_ROLE = STATE_COLUMNS + 12,
    LOOK_GROUP
};
enum { INSERT_PARAMS = 31 };

/* Country, latitude and longitude, each NULL when it is not known. */
static void read_place(const struct cell *c, struct store_place *place)
{
    *place = (struct store_place){.country = c[0].bytes,
                                  .measured = c[1].type != CELL_NULL &&
                                              c[2].type != CELL_NULL,
                                  .latitude_e6 = c[1].number,
                                  .longitude_e6 = c[2].number};
}

/* What tells whether another uses the session. */
static enum err read_seen(const struct cell *c, struct store_session *s)
{
    s->user_agent = c[0].bytes;
    s->step_up_required_us = c[2].number;
    return rows_read_bytes(&c[1], s->ip.b, sizeof(s->ip.b));
}

enum err store_session_read(const struct cell *row, const struct id *id,
                            struct store_session_state *st)
{
    struct store_session *s = &st->row;
    memset(st, 0, sizeof(*st));
    st->now_us = row[0].number;
    st->sessions_valid_from_us = row[1].number;
    st->key_generation = row[2].number;
    st->account_found = row[3].type != CELL_NULL;
    st->account_version = row[3].number;
    st->account_active = str_eq(row[4].bytes, STR("active"));
    s->id = *id;
    s->realm_id = row[5].number;
    s->subject = row[6].bytes;
    s->created_us = row[9].number;
    s->active_us = row[10].number;
    s->expires_us = row[11].number;
    s->absolute_us = row[12].number;
    s->revoked_us = row[13].number;
    st->email_verified = (row[14].number & 1) != 0;
    st->email_factor = (row[14].number & 2) != 0;
    st->totp = (row[14].number & 4) != 0;
    s->app = str_eq(row[18].bytes, STR("app"));
    st->preferred = (enum store_factor)(row[14].number >> 3);
    enum err e =
        rows_read_bytes(&row[7], s->account_id.b, sizeof(s->account_id.b));
    if (e == ERR_OK)
        e = rows_read_bytes(&row[8], s->lineage.cur, STORE_HASH_LEN);
    return e != ERR_OK ? e : read_seen(&row[15], s);
}

/* What the full look has beside it, but for roles and groups. */
static enum err read_rest(const struct cell *c, struct store_session_state *st)
{
    struct store_lineage *l = &st->row.lineage;
    enum err e = rows_read_bytes(&c[0], l->prev, STORE_HASH_LEN);
    if (e == ERR_OK)
        e = rows_read_bytes(&c[1], l->grand, STORE_HASH_LEN);
    l->cur_issued_us = c[2].number;
    l->prev_issued_us = c[3].number;
    st->row.auth_time_s = c[4].number;
    st->row.amr = c[5].bytes;
    st->row.acr = c[6].bytes;
    st->row.claims = c[7].bytes;
    st->row.place_us = c[8].number;
    st->email_sealed = c[9].bytes;
    st->name_sealed = c[10].bytes;
    st->account_created_us = c[11].number;
    return e;
}

struct look {
    const struct id *id;
    struct buf roles, groups;
    bool found;
    struct store_session_state state;
};

/* Each role comes with every group, and each group with every role. */
static void look_word(struct buf *words, const struct cell *cell)
{
    if (cell->type == CELL_NULL ||
        str_has_word((struct str){words->p, words->n}, cell->bytes))
        return;
    if (words->n > 0)
        buf_char(words, ' ');
    buf_str(words, cell->bytes);
}

/* Every row tells all of the session, one role and one group. */
static enum err look_row(void *data, const struct cell *row)
{
    struct look *look = data;
    enum err e = ERR_OK;
    if (!look->found) {
        e = store_session_read(row, look->id, &look->state);
        if (e == ERR_OK)
            e = read_rest(row + STATE_COLUMNS, &look->state);
        look->found = e == ERR_OK;
    }
    look_word(&look->roles, &row[LOOK_ROLE]);
    look_word(&look->groups, &row[LOOK_GROUP]);
    return e;
}

enum err store_session_state(struct db *db, struct arena *a,
                             const struct id *id,
                             struct store_session_state *state_r)
{
    const struct cell params[] = {CELL_ID(id)};
    struct look look = {.id = id, .roles = buf_new(a), .groups = buf_new(a)};
    enum err e = stmt_each(db, STMT_SESSION_STATE, params, a, look_row, &look);
    if (e == ERR_OK && !look.found)
        e = ERR_NO_ROW;
    if (e == ERR_OK)
        e = buf_done(&look.roles, &look.state.roles);
    if (e == ERR_OK)
        e = buf_done(&look.groups, &look.state.groups);
    if (e != ERR_OK)
        return e;
    db_heard(db, look.state.now_us);
    *state_r = look.state;
    return ERR_OK;
}

enum err store_session_check(struct db *db, struct arena *a,
                             const struct id *id, const struct id *jti,
                             struct store_session_state *state_r)
{
    const struct cell params[] = {rows_id(jti), CELL_ID(id)};
    struct cell row[CHECK_COLUMNS];
    struct store_session_state st;
    enum err e = stmt_one(db, STMT_SESSION_CHECK, params, a, row);
    if (e == ERR_OK)
        e = store_session_read(row, id, &st);
    if (e != ERR_OK)
        return e;
    st.token_revoked = row[STATE_COLUMNS].type != CELL_NULL;
    db_heard(db, st.now_us);
    *state_r = st;
    return ERR_OK;
}

/* The order of SQL_SESSION_INSERT. */
static void bind_session(const struct store_session *s, struct cell *p)
{
    const struct store_lineage *l = &s->lineage;
    const struct cell all[INSERT_PARAMS] = {
        CELL_ID(&s->id),
        CELL_N(s->realm_id),
        CELL_S(s->subject),
        rows_id(&s->account_id),
        CELL_HASH(l->cur),
        rows_bytes(l->prev, STORE_HASH_LEN),
        rows_bytes(l->grand, STORE_HASH_LEN),
        CELL_N(l->cur_issued_us),
        CELL_N(l->prev_issued_us),
        CELL_N(s->created_us),
        CELL_N(s->active_us),
        CELL_N(s->expires_us),
        CELL_N(s->absolute_us),
        CELL_N(s->auth_time_s),
        CELL_S(s->amr),
        CELL_S(s->acr),
        rows_id(&s->device_id),
        rows_text(s->label),
        CELL_S(s->browser),
        CELL_S(s->os),
        CELL_S(s->user_agent),
        CELL_N((int64_t)s->device_type + 1),
        CELL_B(s->ip.b, sizeof(s->ip.b)),
        rows_text(s->claims),
        rows_text(s->place.country),
        rows_text(s->place.city),
        s->place.measured ? CELL_N(s->place.latitude_e6) : CELL_NIL,
        s->place.measured ? CELL_N(s->place.longitude_e6) : CELL_NIL,
        CELL_N(s->place_us),
        CELL_N(s->app ? 2 : 1),
        CELL_N(s->fixed),
    };
    memcpy(p, all, sizeof(all));
}

/* Two texts and not one with a condition: the one with an account takes the
 * lock that decides the race against a change of that account. */
enum err store_session_insert(struct db *db, const struct store_session *s,
                              int64_t account_version, bool *inserted_r)
{
    struct cell params[INSERT_PARAMS + 2];
    enum stmt_id which = STMT_SESSION_INSERT;
    uint64_t rows = 0;
    bind_session(s, params);
    if (!id_is_nil(&s->account_id)) {
        which = STMT_SESSION_INSERT_ACCOUNT;
        params[INSERT_PARAMS] = params[3];
        params[INSERT_PARAMS + 1] =
            account_version < 0 ? CELL_NIL : CELL_N(account_version);
    }
    enum err e = stmt_exec(db, which, params, &rows);
    if (e == ERR_OK)
        *inserted_r = rows == 1;
    return e;
}

enum err store_session_promote(struct db *db, const struct id *id,
                               const uint8_t expected_cur[STORE_HASH_LEN],
                               const struct store_promotion *to, bool *done_r)
{
    const struct store_lineage *next = &to->next;
    const struct cell params[] = {
        CELL_HASH(next->cur),
        rows_bytes(next->prev, STORE_HASH_LEN),
        rows_bytes(next->grand, STORE_HASH_LEN),
        CELL_N(next->cur_issued_us),
        CELL_N(next->prev_issued_us),
        CELL_N(to->expires_us),
        CELL_N(to->active_us),
        CELL_ID(id),
        CELL_HASH(expected_cur),
    };
    uint64_t rows = 0;
    enum err e = stmt_exec(db, STMT_SESSION_PROMOTE, params, &rows);
    if (e == ERR_OK)
        *done_r = rows == 1;
    return e;
}

enum err store_session_revoke(struct db *db, int64_t realm_id,
                              struct str subject, const struct id *id,
                              const char *reason, uint64_t *count_r)
{
    const struct cell params[] = {CELL_S(str_of(reason)), CELL_ID(id),
                                  CELL_N(realm_id), rows_text(subject)};
    return stmt_exec(db, STMT_SESSION_REVOKE, params, count_r);
}

enum err store_session_revoke_all(struct db *db, int64_t realm_id,
                                  struct str subject, const struct id *keep,
                                  const char *reason, uint64_t *count_r)
{
    const struct cell params[] = {CELL_S(str_of(reason)), CELL_N(realm_id),
                                  CELL_S(subject), CELL_ID(keep)};
    return stmt_exec(db, STMT_SESSION_REVOKE_ALL, params, count_r);
}

enum err store_session_revoke_plain(struct db *db, int64_t realm_id,
                                    struct str subject, const char *reason,
                                    uint64_t *count_r)
{
    const struct cell params[] = {CELL_S(str_of(reason)), CELL_N(realm_id),
                                  CELL_S(subject)};
    return stmt_exec(db, STMT_SESSION_REVOKE_PLAIN, params, count_r);
}

enum err store_session_revoke_ip(struct db *db, int64_t realm_id,
                                 const struct ip *ip, const char *reason,
                                 uint64_t *count_r)
{
    const struct cell params[] = {
        CELL_S(str_of(reason)), CELL_B(ip->b, sizeof(ip->b)), CELL_N(realm_id)};
    return stmt_exec(db, STMT_SESSION_REVOKE_IP, params, count_r);
}

enum err store_session_valid_from(struct db *db, int64_t realm_id,
                                  int64_t before_us)
{
    const struct cell params[] = {CELL_N(before_us), CELL_N(realm_id)};
    return stmt_exec(db, STMT_SESSION_VALID_FROM, params, NULL);
}

struct list {
    struct arena *arena;
    struct store_session *rows;
    size_t count, room;
    int64_t now_us;
};

static enum err list_room(struct list *list)
{
    size_t room = list->room == 0 ? 16 : 2 * list->room;
    if (list->count < list->room)
        return ERR_OK;
    struct store_session *rows = arena_alloc(list->arena, room * sizeof(*rows));
    if (rows == NULL)
        return ERR_NO_MEMORY;
    if (list->count > 0)
        memcpy(rows, list->rows, list->count * sizeof(*rows));
    list->rows = rows;
    list->room = room;
    return ERR_OK;
}

static enum err list_row(void *data, const struct cell *row)
{
    struct list *list = data;
    int64_t type = row[11].number;
    enum err e = list_room(list);
    if (e != ERR_OK)
        return e;
    struct store_session *s = &list->rows[list->count++];
    list->now_us = row[0].number;
    *s = (struct store_session){.created_us = row[2].number,
                                .active_us = row[3].number,
                                .expires_us = row[4].number,
                                .absolute_us = row[5].number,
                                .amr = row[6].bytes,
                                .label = row[7].bytes,
                                .browser = row[8].bytes,
                                .os = row[9].bytes,
                                .user_agent = row[10].bytes,
                                .device_type =
                                    type >= 1 && type <= STORE_DEVICE_TYPE_COUNT
                                        ? (enum store_device_type)(type - 1)
                                        : STORE_OTHER};
    read_place(&row[13], &s->place);
    s->place.city = row[16].bytes;
    s->app = str_eq(row[17].bytes, STR("app"));
    e = rows_read_bytes(&row[1], s->id.b, sizeof(s->id.b));
    return e == ERR_OK ? rows_read_bytes(&row[12], s->ip.b, sizeof(s->ip.b))
                       : e;
}

/* Newest activity first; of two, the one begun last. */
static int list_order(const void *a, const void *b)
{
    const struct store_session *x = a, *y = b;
    if (x->active_us != y->active_us)
        return x->active_us > y->active_us ? -1 : 1;
    return memcmp(y->id.b, x->id.b, sizeof(x->id.b));
}

enum err store_session_list(struct db *db, struct arena *a, int64_t realm_id,
                            struct str subject, int64_t limit,
                            const struct store_session_sink *sink)
{
    struct id account;
    const struct cell theirs[] = {CELL_ID(&account), CELL_N(limit)};
    const struct cell named[] = {CELL_N(realm_id), CELL_S(subject),
                                 CELL_N(limit)};
    struct list list = {.arena = a};
    enum err e = ERR_OK;
    if (id_parse(subject, &account) && !id_is_nil(&account))
        e = stmt_each(db, STMT_SESSION_LIST_ACCOUNT, theirs, a, list_row,
                      &list);
    /* A back end's own user may have such an id, too, and no account. */
    if (e == ERR_OK && list.count == 0)
        e = stmt_each(db, STMT_SESSION_LIST, named, a, list_row, &list);
    if (list.count > 1)
        qsort(list.rows, list.count, sizeof(*list.rows), list_order);
    for (size_t i = 0; i < list.count && e == ERR_OK; i++)
        e = sink->each(sink->data, &list.rows[i], list.now_us);
    return e;
}

enum err store_session_touch(struct db *db, const struct id *id,
                             const struct ip *ip, int64_t now_us,
                             int64_t before_us)
{
    const struct cell params[] = {CELL_N(now_us), CELL_B(ip->b, sizeof(ip->b)),
                                  CELL_ID(id), CELL_N(before_us)};
    return stmt_exec(db, STMT_SESSION_TOUCH, params, NULL);
}

enum err store_session_label(struct db *db, int64_t realm_id,
                             struct str subject, const struct id *id,
                             struct str label, bool *found_r)
{
    const struct cell params[] = {label.n == 0 ? CELL_NIL : CELL_S(label),
                                  CELL_ID(id), CELL_N(realm_id),
                                  CELL_S(subject)};
    struct cell one;
    uint64_t rows = 0;
    enum err e = stmt_exec(db, STMT_SESSION_LABEL, params, &rows);
    if (e == ERR_OK && rows == 0) {
        /* Nothing changed: no such session, or it has that label already. */
        e = stmt_one(db, STMT_SESSION_OWNED, params + 1, NULL, &one);
        rows = e == ERR_OK ? 1 : 0;
    }
    if (e != ERR_OK && e != ERR_NO_ROW)
        return e;
    *found_r = rows > 0;
    return ERR_OK;
}

enum err store_session_data_get(struct db *db, struct arena *a,
                                const struct id *id, struct str *data_r)
{
    const struct cell params[] = {CELL_ID(id)};
    struct cell row;
    enum err e = stmt_one(db, STMT_SESSION_DATA_GET, params, a, &row);
    if (e == ERR_OK)
        *data_r = row.bytes;
    return e;
}

/* REPLACE counts a row even when the data is what it was; an update would not,
 * and that would look like a session that has ended. */
enum err store_session_data_put(struct db *db, const struct id *id,
                                struct str data, bool *done_r)
{
    const struct cell params[] = {CELL_S(data), CELL_ID(id)};
    uint64_t rows = 0;
    enum err e = stmt_exec(db, STMT_SESSION_DATA_PUT, params, &rows);
    if (e == ERR_OK)
        *done_r = rows > 0;
    return e;
}

enum err store_session_lock_subject(struct db *db, const struct id *account_id)
{
    const struct cell params[] = {CELL_ID(account_id)};
    struct cell one;
    return stmt_one(db, STMT_ACCOUNT_LOCK, params, NULL, &one);
}

enum err store_session_count(struct db *db, struct arena *a, int64_t realm_id,
                             struct str subject, int64_t inactive_before_us,
                             struct store_session_count *count_r)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_S(subject),
                                  CELL_N(inactive_before_us)};
    struct cell row[2] = {CELL_N(0), CELL_NIL};
    struct store_session_count count = {.live = 0};
    enum err e = stmt_one(db, STMT_SESSION_COUNT, params, a, row);
    if (e != ERR_OK && e != ERR_NO_ROW)
        return e;
    count.live = (uint64_t)row[0].number;
    e = rows_read_bytes(&row[1], count.oldest.b, sizeof(count.oldest.b));
    if (e == ERR_OK)
        *count_r = count;
    return e;
}

enum err store_token_revoke(struct db *db, const struct id *jti,
                            int64_t expires_us)
{
    const struct cell params[] = {CELL_ID(jti), CELL_N(expires_us)};
    return stmt_exec(db, STMT_TOKEN_REVOKE, params, NULL);
}
