/* SPDX-License-Identifier: MIT */
/* By what and from where sessions and accounts are used, without rules. */
#include "store/store_watch.h"

#include "store/stmt.h"
#include "store/store_rows.h"

enum { WATCH_COLUMNS = 11 };

enum err store_watch_read(struct db *db, struct arena *a, const struct id *id,
                          struct store_session *row_r)
{
    const struct cell params[] = {CELL_ID(id)};
    struct cell c[WATCH_COLUMNS];
    enum err e = stmt_one(db, STMT_WATCH_READ, params, a, c);

    if (e != ERR_OK)
        return e;
    *row_r = (struct store_session){
        .id = *id,
        .revoked_us = c[0].number,
        .step_up_required_us = c[1].number,
        .browser = c[2].bytes,
        .os = c[3].bytes,
        .user_agent = c[4].bytes,
        .device_type = (enum store_device_type)(c[5].number - 1),
        .place = {.country = c[6].bytes,
                  .city = c[7].bytes,
                  .measured = c[8].type != CELL_NULL && c[9].type != CELL_NULL,
                  .latitude_e6 = c[8].number,
                  .longitude_e6 = c[9].number},
        .place_us = c[10].number};
    return ERR_OK;
}

enum err store_watch_move(struct db *db, const struct store_session *from,
                          const struct store_session *to, bool demand,
                          bool *done_r)
{
    const struct store_place *place = &to->place;
    const struct cell params[] = {
        CELL_S(to->user_agent),
        CELL_S(to->browser),
        CELL_S(to->os),
        CELL_N((int64_t)to->device_type + 1),
        CELL_B(to->ip.b, sizeof(to->ip.b)),
        rows_text(place->country),
        rows_text(place->city),
        place->measured ? CELL_N(place->latitude_e6) : CELL_NIL,
        place->measured ? CELL_N(place->longitude_e6) : CELL_NIL,
        CELL_N(to->place_us),
        CELL_N(demand ? 1 : 0),
        CELL_ID(&from->id),
        CELL_S(from->user_agent),
        CELL_N(from->place_us),
    };
    uint64_t rows = 0;
    enum err e = stmt_exec(db, STMT_WATCH_MOVE, params, &rows);

    if (e == ERR_OK)
        *done_r = rows == 1;
    return e;
}

enum err store_watch_proved(struct db *db, const struct id *id, const char *amr,
                            const char *acr)
{
    const struct cell params[] = {
        CELL_N(amr != NULL ? 1 : 0),
        amr != NULL ? CELL_S(str_of(amr)) : CELL_NIL,
        amr != NULL ? CELL_S(str_of(acr)) : CELL_NIL,
        CELL_ID(id),
    };

    return stmt_exec(db, STMT_WATCH_PROVED, params, NULL);
}

enum err store_watch_countries(struct db *db, const struct id *account,
                               struct str country,
                               struct store_countries *countries_r)
{
    const struct cell params[] = {CELL_S(country), CELL_ID(account)};
    struct cell row[3];
    enum err e = stmt_one(db, STMT_WATCH_COUNTRIES, params, NULL, row);

    if (e == ERR_OK)
        *countries_r = (struct store_countries){row[0].number, row[1].number,
                                                row[2].number != 0};
    return e;
}

enum err store_watch_country_add(struct db *db, const struct id *account,
                                 struct str country, bool *added_r)
{
    const struct cell params[] = {CELL_ID(account), CELL_S(country)};
    uint64_t rows = 0;
    enum err e = stmt_exec(db, STMT_WATCH_COUNTRY_ADD, params, &rows);

    if (e == ERR_OK)
        *added_r = rows == 1;
    return e;
}

enum err store_watch_force_reset(struct db *db, const struct id *account)
{
    const struct cell params[] = {CELL_ID(account)};

    return stmt_exec(db, STMT_WATCH_FORCE_RESET, params, NULL);
}
