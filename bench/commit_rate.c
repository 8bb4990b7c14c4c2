/* SPDX-License-Identifier: MIT */
/* How fast a MariaDB commits a conditional UPDATE of one row from so many
 * connections: the limit of everything that must write before it answers. */
#include <mysql.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LANES_MAX 512
#define ROWS_PER_LANE 256

struct place {
    const char *socket, *user, *password, *schema;
};

struct lane {
    pthread_t thread;
    const struct place *place;
    uint32_t first_row;
    double seconds;
    double spent;
    long commits;
};

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static MYSQL *connect_to(const struct place *p)
{
    MYSQL *db = mysql_init(NULL);

    if (db == NULL || mysql_real_connect(db, NULL, p->user, p->password,
                                         p->schema, 0, p->socket, 0) == NULL) {
        fprintf(stderr, "commit_rate: %s\n", db == NULL ? "" : mysql_error(db));
        exit(1);
    }
    return db;
}

static void must(MYSQL *db, const char *sql)
{
    if (mysql_query(db, sql) == 0)
        return;
    fprintf(stderr, "commit_rate: %s\n", mysql_error(db));
    exit(1);
}

/* A table of rows as wide as what a session's promotion writes. */
static void make_table(const struct place *p, long lanes)
{
    MYSQL *db = connect_to(p);
    char sql[256];

    must(db, "DROP TABLE IF EXISTS bench_commit");
    must(db, "CREATE TABLE bench_commit (id INT UNSIGNED PRIMARY KEY, "
             "value BINARY(32) NOT NULL, turn BIGINT NOT NULL) ENGINE=InnoDB");
    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO bench_commit SELECT seq, '', 0 "
                   "FROM seq_0_to_%ld",
                   lanes * ROWS_PER_LANE);
    must(db, sql);
    mysql_close(db);
}

/* Updates until the time is over; a row that did not match is a failure. */
static void lane_work(struct lane *l, MYSQL_STMT *s, uint32_t *id,
                      int64_t *turn)
{
    double begun = now();

    while (now() - begun < l->seconds) {
        long n = l->commits;

        *id = l->first_row + (uint32_t)(n % ROWS_PER_LANE);
        *turn = n / ROWS_PER_LANE;
        if (mysql_stmt_execute(s) != 0 || mysql_stmt_affected_rows(s) != 1) {
            fprintf(stderr, "commit_rate: %s\n", mysql_stmt_error(s));
            exit(1);
        }
        l->commits++;
    }
    l->spent = now() - begun;
}

static void *lane_run(void *arg)
{
    static const char sql[] =
        "UPDATE bench_commit SET value = UNHEX(SHA2(?, 256)), turn = turn + 1 "
        "WHERE id = ? AND turn = ?";
    struct lane *l = arg;
    MYSQL *db = connect_to(l->place);
    MYSQL_STMT *s = mysql_stmt_init(db);
    uint32_t id = 0;
    int64_t turn = 0;
    MYSQL_BIND in[3];

    memset(in, 0, sizeof(in));
    in[0].buffer_type = MYSQL_TYPE_LONGLONG;
    in[0].buffer = &turn;
    in[1].buffer_type = MYSQL_TYPE_LONG;
    in[1].buffer = &id;
    in[2].buffer_type = MYSQL_TYPE_LONGLONG;
    in[2].buffer = &turn;
    if (s == NULL || mysql_stmt_prepare(s, sql, sizeof(sql) - 1) != 0 ||
        mysql_stmt_bind_param(s, in) != 0) {
        fprintf(stderr, "commit_rate: %s\n", mysql_error(db));
        exit(1);
    }
    lane_work(l, s, &id, &turn);
    (void)mysql_stmt_close(s);
    mysql_close(db);
    mysql_thread_end();
    return NULL;
}

static int measure(const struct place *p, long count, double seconds)
{
    struct lane *lanes = calloc((size_t)count, sizeof(*lanes));
    double rate = 0;

    if (lanes == NULL)
        return 1;
    make_table(p, count);
    for (long i = 0; i < count; i++) {
        lanes[i].place = p;
        lanes[i].first_row = (uint32_t)(i * ROWS_PER_LANE);
        lanes[i].seconds = seconds;
        if (pthread_create(&lanes[i].thread, NULL, lane_run, &lanes[i]) != 0)
            return 1;
    }
    for (long i = 0; i < count; i++) {
        (void)pthread_join(lanes[i].thread, NULL);
        rate += (double)lanes[i].commits / lanes[i].spent;
    }
    free(lanes);
    printf("{\"rate\":%.1f}\n", rate);
    return 0;
}

int main(int argc, char **argv)
{
    long count = argc == 7 ? strtol(argv[5], NULL, 10) : 0;

    if (count < 1 || count > LANES_MAX) {
        fputs("usage: commit_rate SOCKET USER PASSWORD SCHEMA CONNECTIONS "
              "SECONDS\n",
              stderr);
        return 2;
    }
    struct place p = {argv[1], argv[2], argv[3], argv[4]};
    if (mysql_library_init(0, NULL, NULL) != 0)
        return 1;
    int status = measure(&p, count, strtod(argv[6], NULL));
    mysql_library_end();
    return status;
}
