/* SPDX-License-Identifier: MIT */
/* Neither name nor language is a right: no access token ends by them. */
#include "domain/person.h"

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/event.h"
#include "store/store_person.h"

#define PERSON_LOCALE_MAX 35 /* RFC 5646 section 4.4.1, and the column */

#define PERSON_DISPLAY_MIN 2 /* characters */

/* One change, as its transaction needs it. */
struct person_changing {
    struct ctx *c;
    const struct id *id;
    struct str name_sealed, locale, subject;
};

enum err person_read(struct ctx *c, const struct id *id,
                     struct account *account_r)
{
    struct store_account row;
    enum err e = account_row(c, id, &row);

    return e != ERR_OK ? e : account_read(c, &row, account_r);
}

/* The outer form of a tag: subtags of 1 to 8 letters and digits. */
static bool person_locale(struct str tag)
{
    struct str rest = tag;

    if (tag.n > PERSON_LOCALE_MAX)
        return false;
    while (rest.p != NULL) {
        struct str part = str_cut(&rest, '-');

        if (part.n == 0 || part.n > 8)
            return false;
        for (size_t i = 0; i < part.n; i++) {
            char c = part.p[i];

            if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9')))
                return false;
        }
    }
    return true;
}

static enum err person_change_work(void *data)
{
    const struct person_changing *p = data;
    struct ctx *c = p->c;
    enum err e = store_person_profile(c->db, p->id, p->name_sealed, p->locale);

    if (e != ERR_OK)
        return e;
    return event_record(c, EVENT_PROFILE_CHANGED, p->subject, NULL,
                        (struct str){NULL, 0});
}

/* The new name, sealed; an empty one is none. */
static enum err person_name(struct ctx *c, const struct id *id, struct str name,
                            struct str *sealed_r)
{
    struct str normal;
    enum err e = account_name(c, name, &normal);

    if (e == ERR_VALIDATION || e == ERR_BAD_REQUEST)
        return ERR_NAME_INVALID;
    if (e != ERR_OK)
        return e;
    *sealed_r = (struct str){NULL, 0};
    return normal.n == 0 ? ERR_OK
                         : account_seal(c, id, ACCOUNT_NAME, normal, sealed_r);
}

enum err person_update(struct ctx *c, const struct id *id,
                       const struct person_change *change,
                       struct account *account_r)
{
    struct person_changing p = {.c = c, .id = id};
    struct store_account row;
    enum err e = account_row(c, id, &row);

    if (e != ERR_OK)
        return e;
    p.name_sealed = row.name_sealed;
    p.locale = change->locale.p != NULL ? change->locale : row.locale;
    if (p.locale.n > 0 && !person_locale(p.locale))
        return ERR_LOCALE_INVALID;
    if (change->name.p != NULL)
        e = person_name(c, id, change->name, &p.name_sealed);
    if (e == ERR_OK)
        e = account_subject(c, id, &p.subject);
    if (e == ERR_OK)
        e = db_transact(c->db, person_change_work, &p);
    return e != ERR_OK ? e : person_read(c, id, account_r);
}

enum err person_display(struct ctx *c, const struct id *id, struct str name,
                        struct account *account_r)
{
    const struct person_change change = {str_trim(name), {NULL, 0}};

    if (normal_length(change.name) < PERSON_DISPLAY_MIN)
        return ERR_DISPLAY_NAME;
    return person_update(c, id, &change, account_r);
}
