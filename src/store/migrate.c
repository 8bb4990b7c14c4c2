/* SPDX-License-Identifier: MIT */
/* Applies sql/NNNN_name.sql in order, under a lock, once each. A file that was
 * applied is history: if its bytes have changed since, nothing is done. */
#include "store/migrate.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "crypto/digest.h"
#include "store/db_conn.h"
#include "store/migrate_script.h"
#include "store/stmt.h"

#define NUMBER_LEN 4
#define FILES_MAX 512
#define FILE_MAX_BYTES (4U << 20)
#define ARENA_BYTES (64U << 20)

struct migrate_file {
    struct str name, text;
    struct digest sum;
    uint64_t compatible_from; /* the oldest program that works with it */
    bool applied;
};

struct migrate_job {
    struct db *db;
    const char *folder;
    FILE *out;
    struct arena *arena;
    struct migrate_file *files; /* file i has number i + 1 */
    size_t count;
};

static enum err complain(const struct migrate_job *job, enum err e,
                         struct str name, const char *why)
{
    fprintf(job->out, "%.*s: %s\n", STR_FMT(name), why);
    return e;
}

/* NNNN_name.sql and nothing else, so that editors' leftovers stay out. */
static bool is_migration(const char *name)
{
    size_t n = strlen(name);
    if (n < NUMBER_LEN + 6 || name[NUMBER_LEN] != '_' ||
        strcmp(name + n - 4, ".sql") != 0)
        return false;
    return strspn(name, "0123456789") == NUMBER_LEN;
}

static int pick(const struct dirent *entry)
{
    return is_migration(entry->d_name);
}

static enum err read_file(struct migrate_job *job, struct migrate_file *file)
{
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/%.*s", job->folder,
                     STR_FMT(file->name));
    FILE *f = n > 0 && (size_t)n < sizeof(path) ? fopen(path, "rbe") : NULL;
    if (f == NULL)
        return complain(job, ERR_SCHEMA, file->name, "cannot be opened");
    char *text = malloc(FILE_MAX_BYTES);
    size_t got = text == NULL ? 0 : fread(text, 1, FILE_MAX_BYTES, f);
    bool whole = text != NULL && feof(f) && !ferror(f);
    file->text = arena_str(job->arena, (struct str){text, got});
    free(text);
    fclose(f);
    if (!whole || file->text.p == NULL)
        return complain(job, ERR_SCHEMA, file->name, "cannot be read");
    return digest_sha256(file->text, &file->sum);
}

/* A line of the comment at the head says it; else only a program as new as the
 * file works with what it leaves. */
static enum err read_compatible(struct migrate_job *job,
                                struct migrate_file *file, uint64_t number)
{
    struct str rest = file->text;
    uint64_t from = number;
    while (str_starts(rest, STR("--"))) {
        struct str line = str_cut(&rest, '\n');
        struct str value = line;
        if (!str_eq(str_cut(&value, ':'), STR("-- compatible-from")))
            continue;
        if (!str_uint(str_trim(value), number, &from) || from == 0)
            return complain(job, ERR_SCHEMA, file->name,
                            "compatible-from is no version up to its own");
    }
    file->compatible_from = from;
    return ERR_OK;
}

static enum err take_name(struct migrate_job *job, const char *name)
{
    struct migrate_file *file = &job->files[job->count];
    file->name = arena_str(job->arena, str_of(name));
    if (file->name.p == NULL)
        return ERR_NO_MEMORY;
    if (strtoul(name, NULL, 10) != job->count + 1)
        return complain(job, ERR_SCHEMA, file->name,
                        "a number before this one is missing, or it is twice");
    job->count++;
    enum err e = read_file(job, file);
    return e != ERR_OK ? e : read_compatible(job, file, job->count);
}

static enum err read_folder(struct migrate_job *job)
{
    struct dirent **entries = NULL;
    int n = scandir(job->folder, &entries, pick, alphasort);
    enum err e = ERR_OK;
    if (n <= 0 || n > FILES_MAX)
        e = complain(job, ERR_SCHEMA, str_of(job->folder),
                     "no migrations can be read from here");
    else
        job->files = arena_alloc(job->arena, (size_t)n * sizeof(*job->files));
    if (e == ERR_OK && job->files == NULL)
        e = ERR_NO_MEMORY;
    for (int i = 0; i < n; i++) {
        if (e == ERR_OK)
            e = take_name(job, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return e;
}

static enum err applied_row(void *data, const struct cell *row)
{
    struct migrate_job *job = data;
    uint64_t version = (uint64_t)row[0].number;
    if (version < 1 || version > job->count)
        return complain(job, ERR_SCHEMA, row[1].bytes,
                        "was applied by a newer program");
    struct migrate_file *file = &job->files[version - 1];
    if (!str_eq(row[1].bytes, file->name) || row[2].bytes.n != DIGEST_LEN ||
        memcmp(row[2].bytes.p, file->sum.b, DIGEST_LEN) != 0)
        return complain(job, ERR_SCHEMA, file->name,
                        "differs from what was applied");
    file->applied = true;
    return ERR_OK;
}

/* No transaction around it: MariaDB commits at every change of a table. */
static enum err run_file(struct migrate_job *job, const struct migrate_file *f)
{
    struct str rest = f->text, statement;
    enum err e = ERR_OK;
    while (e == ERR_OK && migrate_script_next(&rest, &statement))
        e = db_text(job->db, statement);
    return e;
}

static enum err apply(struct migrate_job *job, size_t at)
{
    const struct migrate_file *file = &job->files[at];
    if (file->applied)
        return complain(job, ERR_OK, file->name, "applied before");
    const struct cell params[] = {
        CELL_N(at + 1), CELL_N((int64_t)file->compatible_from),
        CELL_S(file->name), CELL_B(file->sum.b, DIGEST_LEN)};
    enum err e = run_file(job, file);
    if (e == ERR_OK)
        e = stmt_exec(job->db, STMT_MIGRATE_RECORD, params, NULL);
    return complain(job, e, file->name,
                    e == ERR_OK ? "applied" : db_error(job->db));
}

/* What was applied is read under the lock only: before it, another runner may
 * be in the middle. */
static enum err under_lock(struct migrate_job *job)
{
    enum err e = stmt_exec(job->db, STMT_MIGRATE_LEDGER, NULL, NULL);
    if (e == ERR_OK)
        e = stmt_each(job->db, STMT_MIGRATE_APPLIED, NULL, job->arena,
                      applied_row, job);
    for (size_t i = 0; i < job->count && e == ERR_OK; i++)
        e = apply(job, i);
    return e;
}

static enum err run_job(struct migrate_job *job)
{
    struct cell lock;
    enum err e = read_folder(job);
    if (e != ERR_OK)
        return e;
    e = stmt_one(job->db, STMT_MIGRATE_LOCK, NULL, NULL, &lock);
    if (e == ERR_OK && (lock.type == CELL_NULL || lock.number != 1))
        return complain(job, ERR_UNAVAILABLE, STR("lock"),
                        "another migration is running");
    if (e == ERR_OK) {
        e = under_lock(job);
        /* An error leaves it to the end of the connection. */
        (void)stmt_one(job->db, STMT_MIGRATE_UNLOCK, NULL, NULL, &lock);
    }
    if (e == ERR_UNAVAILABLE || e == ERR_INTERNAL)
        return complain(job, e, STR("database"), db_error(job->db));
    return e;
}

enum err migrate(struct db *db, const char *folder, FILE *out)
{
    struct migrate_job job = {.db = db, .folder = folder, .out = out};
    job.arena = arena_new(ARENA_BYTES);
    if (job.arena == NULL)
        return ERR_NO_MEMORY;
    enum err e = run_job(&job);
    arena_free(&job.arena);
    return e;
}
