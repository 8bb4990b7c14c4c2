/* SPDX-License-Identifier: MIT */
/* One connection to MariaDB. It defends against the two lies of a database
 * client: a silent reconnect that loses half a transaction, and "failed" for a
 * write that happened. */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <errmsg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/db_conn.h"

/* Pause between attempts to connect: twice what the last one cost, in here. */
#define PAUSE_MIN_US (CLOCK_SECOND / 5)
#define PAUSE_MAX_US (5 * CLOCK_SECOND)

/* How long another server than the first of the list is kept. */
#define RETURN_US (60 * CLOCK_SECOND)

/* Retries of a rolled-back transaction, and the age at which none is begun:
 * who waited for a row lock in vain has used up the client's patience. */
#define RETRY_MAX 3
#define RETRY_AGE_US (2 * CLOCK_SECOND)

/* The migrating operator's statements may rebuild whole tables. */
#define MIGRATE_TIMEOUT_S 3600U

/* Added to MariaDB by 10.3 and not in every client's header. */
#define ER_IDLE_TIMEOUT_4031 4031

struct db_kind {
    unsigned number;
    enum err err;
    bool certain; /* nothing of the statement was kept */
    bool gone;    /* the connection is of no more use */
};

/* Numbers outside the list: the client library's own mean a broken connection,
 * the server's a mistake of ours. */
static const struct db_kind kinds[] = {
    {ER_DUP_ENTRY, ERR_DUPLICATE_ROW, true, false},
    {ER_LOCK_DEADLOCK, ERR_RETRY, true, false},
    {ER_LOCK_WAIT_TIMEOUT, ERR_RETRY, true, false},
    {ER_CHECKREAD, ERR_RETRY, true, false},
    {ER_TABLE_DEF_CHANGED, ERR_RETRY, true, false},
    {ER_NO_SUCH_TABLE, ERR_SCHEMA, true, false},
    {ER_BAD_FIELD_ERROR, ERR_SCHEMA, true, false},
    /* refused: full, busy, read-only, out of resources */
    {ER_DISK_FULL, ERR_UNAVAILABLE, true, false},
    {ER_ERROR_ON_WRITE, ERR_UNAVAILABLE, true, false},
    {ER_GET_ERRNO, ERR_UNAVAILABLE, true, false},
    {ER_OUTOFMEMORY, ERR_UNAVAILABLE, true, false},
    {ER_OUT_OF_SORTMEMORY, ERR_UNAVAILABLE, true, false},
    {ER_CON_COUNT_ERROR, ERR_UNAVAILABLE, true, false},
    {ER_OUT_OF_RESOURCES, ERR_UNAVAILABLE, true, false},
    {ER_UNKNOWN_COM_ERROR, ERR_UNAVAILABLE, true, false}, /* Galera, 1047 */
    {ER_RECORD_FILE_FULL, ERR_UNAVAILABLE, true, false},
    {ER_TOO_MANY_USER_CONNECTIONS, ERR_UNAVAILABLE, true, false},
    {ER_LOCK_TABLE_FULL, ERR_UNAVAILABLE, true, false},
    {ER_CANT_UPDATE_WITH_READLOCK, ERR_UNAVAILABLE, true, false},
    {ER_USER_LIMIT_REACHED, ERR_UNAVAILABLE, true, false},
    {ER_OPTION_PREVENTS_STATEMENT, ERR_UNAVAILABLE, true, false},
    {ER_READ_ONLY_MODE, ERR_UNAVAILABLE, true, false},
    {ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ERR_UNAVAILABLE, true, false},
    {ER_QUERY_INTERRUPTED, ERR_UNAVAILABLE, true, false},
    {ER_STATEMENT_TIMEOUT, ERR_UNAVAILABLE, true, false},
    {ER_MAX_PREPARED_STMT_COUNT_REACHED, ERR_UNAVAILABLE, true, false},
    {ER_NEED_REPREPARE, ERR_UNAVAILABLE, true, false},
    {ER_UNKNOWN_STMT_HANDLER, ERR_UNAVAILABLE, true, false},
    {ER_ERROR_DURING_COMMIT, ERR_UNAVAILABLE, false, false},
    /* lost before the server read the command */
    {CR_SERVER_GONE_ERROR, ERR_UNAVAILABLE, true, true},
    {CR_CONNECTION_ERROR, ERR_UNAVAILABLE, true, true},
    {CR_CONN_HOST_ERROR, ERR_UNAVAILABLE, true, true},
    {ER_IDLE_TIMEOUT_4031, ERR_UNAVAILABLE, true, true},
    /* killed or shut down, maybe after the work was done */
    {ER_SERVER_SHUTDOWN, ERR_UNAVAILABLE, false, true},
    {ER_CONNECTION_KILLED, ERR_UNAVAILABLE, false, true},
};

static struct db_kind kind_of(unsigned number)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].number == number)
            return kinds[i];
    }
    if (IS_MYSQL_ERROR(number) || number >= CER_MIN_ERROR)
        return (struct db_kind){number, ERR_UNAVAILABLE, false, true};
    return (struct db_kind){number, ERR_INTERNAL, true, false};
}

/* A replica, or a primary that has been taken out of service. */
static bool refuses_writes(unsigned number)
{
    return number == ER_OPTION_PREVENTS_STATEMENT ||
           number == ER_READ_ONLY_MODE ||
           number == ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION;
}

/* Another server may do what this one will not. A replica is left now and then
 * only, or each write would cost an attempt to reach the dead primary. */
static bool is_to_leave(const struct db *db, unsigned number)
{
    bool several = strchr(db->config->database_host, ',') != NULL;
    if (number == ER_UNKNOWN_COM_ERROR)
        return several;
    return several && refuses_writes(number) &&
           clock_monotonic_us() >= db->stay_until_us;
}

enum err db_new(const struct config *c, enum db_role role, struct db **db_r)
{
    struct db *db = calloc(1, sizeof(*db));
    if (db == NULL)
        return ERR_NO_MEMORY;
    db->config = c;
    db->role = role;
    db->prefix = "";
    db->refusal = ERR_OK;
    db->return_us = INT64_MAX;
    *db_r = db;
    return ERR_OK;
}

void db_prefix(struct db *db, const char *prefix)
{
    db->prefix = prefix;
}

static void close_connection(struct db *db)
{
    if (db->mysql == NULL)
        return;
    /* First the connection: then the statements cost no message each. */
    mysql_close(db->mysql);
    for (int id = 0; id < STMT_COUNT; id++)
        stmt_close(db, (enum stmt_id)id);
    db->mysql = NULL;
    db->leave = false;
}

void db_free(struct db **db)
{
    if (*db == NULL)
        return;
    close_connection(*db);
    free(*db);
    *db = NULL;
}

void db_abandon(struct db *db)
{
    if (db->mysql != NULL) {
        /* Closing says goodbye on the socket, and the parent still talks on
         * it: give the library another file to say it to. */
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        int fd = (int)mysql_get_socket(db->mysql);
        if (null >= 0 && dup2(null, fd) == fd)
            close_connection(db);
        if (null >= 0)
            close(null);
    }
    memset(db->slots, 0, sizeof(db->slots));
    db->mysql = NULL;
    db->in_transaction = false;
    db->broken = ERR_OK;
}

void db_configure(struct db *db, const struct config *c)
{
    db->config = c;
    db->host = 0;
}

const char *db_error(const struct db *db)
{
    return db->error;
}

void db_keep_text(struct db *db, const char *text)
{
    size_t n = strnlen(text, sizeof(db->error) - 1);
    memcpy(db->error, text, n);
    db->error[n] = '\0';
}

/* Stricter than elsewhere: a server that is killed or runs out of something
 * between writing the commit and answering gives the same numbers as one that
 * refuses it, so only what cannot follow a commit counts as certain. */
static enum err commit_failed(unsigned number)
{
    if (number == ER_LOCK_DEADLOCK)
        return ERR_RETRY;
    if (number == CR_SERVER_GONE_ERROR || refuses_writes(number))
        return ERR_UNAVAILABLE;
    return ERR_UNCERTAIN;
}

enum err db_failed(struct db *db, unsigned number, const char *text,
                   enum db_phase phase)
{
    struct db_kind kind = kind_of(number);
    enum err e = kind.err;
    db_keep_text(db, text);
    if (phase == DB_COMMIT)
        e = commit_failed(number);
    else if (phase == DB_WRITE && !kind.certain && !db->in_transaction)
        e = ERR_UNCERTAIN;
    if (is_to_leave(db, number))
        db->leave = true;
    if (db->in_transaction && (kind.gone || e == ERR_RETRY))
        db->broken = e;
    if (kind.gone)
        close_connection(db);
    return e;
}

/* Names that cannot leave the machine, so that nobody can listen in. */
static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           strncmp(host, "127.", 4) == 0;
}

/* Without these a hung server would hold a worker for ever. */
static bool set_timeouts(struct db *db, MYSQL *m)
{
    const struct config *c = db->config;
    unsigned wait = (unsigned)c->database_connect_timeout;
    unsigned answer = (unsigned)c->database_read_timeout;
    if (db->role == DB_MIGRATE)
        answer = MIGRATE_TIMEOUT_S;
    return mysql_options(m, MYSQL_OPT_CONNECT_TIMEOUT, &wait) == 0 &&
           mysql_options(m, MYSQL_OPT_READ_TIMEOUT, &answer) == 0 &&
           mysql_options(m, MYSQL_OPT_WRITE_TIMEOUT, &answer) == 0;
}

static bool set_tls(const struct db *db, MYSQL *m, const char *host)
{
    const char *ca = db->config->database_tls_ca;
    my_bool yes = 1;
    if (ca[0] != '\0' && mysql_options(m, MYSQL_OPT_SSL_CA, ca) != 0)
        return false;
    return is_loopback(host) ||
           (mysql_options(m, MYSQL_OPT_SSL_ENFORCE, &yes) == 0 &&
            mysql_options(m, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes) == 0);
}

/* An option that was lost for want of memory would mean a connection without
 * encryption, or one that waits for ever. */
static bool set_options(struct db *db, MYSQL *m, const char *host)
{
    unsigned protocol =
        host == NULL ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    unsigned off = 0;
    /* A hostile server could otherwise ask for any file of ours. */
    bool set = set_timeouts(db, m) &&
               mysql_options(m, MYSQL_OPT_PROTOCOL, &protocol) == 0 &&
               mysql_options(m, MYSQL_OPT_LOCAL_INFILE, &off) == 0 &&
               mysql_options(m, MYSQL_SET_CHARSET_NAME, "utf8mb4") == 0;
    return set && (host == NULL || set_tls(db, m, host));
}

/* As the library's own initial commands these would be left out, or the
 * character set another, when memory is short; it would not say so. */
static enum err set_session(struct db *db)
{
    const char *charset = mysql_character_set_name(db->mysql);
    bool ours = db->role != DB_SOURCE;
    enum stmt_id first = ours ? STMT_SETTINGS : STMT_SOURCE_SETTINGS;
    enum stmt_id second = ours ? STMT_ISOLATION : STMT_SOURCE_READ_ONLY;
    if (strcmp(charset, "utf8mb4") == 0 &&
        db_text(db, str_of(stmt_sql(first))) == ERR_OK &&
        db_text(db, str_of(stmt_sql(second))) == ERR_OK)
        return ERR_OK;
    close_connection(db);
    return ERR_UNAVAILABLE;
}

/* host NULL: the Unix socket. */
static enum err connect_to(struct db *db, const char *host)
{
    const struct config *c = db->config;
    const char *user = c->database_user;
    const char *password = c->database_password_file.value;
    if (db->role == DB_MIGRATE && c->database_migrate_user[0] != '\0') {
        user = c->database_migrate_user;
        password = c->database_migrate_password_file.value;
    }
    MYSQL *m = mysql_init(NULL);
    if (m == NULL)
        return ERR_NO_MEMORY;
    if (!set_options(db, m, host)) {
        mysql_close(m);
        return ERR_NO_MEMORY;
    }
    const char *socket = host == NULL ? c->database_socket : NULL;
    if (mysql_real_connect(m, host, user, password, c->database_name,
                           (unsigned)c->database_port, socket, 0) == NULL) {
        db_keep_text(db, mysql_error(m));
        mysql_close(m);
        return ERR_UNAVAILABLE;
    }
    (void)fcntl((int)mysql_get_socket(m), F_SETFD, FD_CLOEXEC);
    db->mysql = m;
    return set_session(db);
}

/* Once per connection, which is once per restart of either side. A schema that
 * was changed since says from which program on it may be used. */
static enum err check_schema(struct db *db)
{
    struct cell row[2];
    enum err e = stmt_one(db, STMT_SCHEMA_VERSION, NULL, NULL, row);
    if (e != ERR_OK)
        return e;
    stmt_close(db, STMT_SCHEMA_VERSION);
    if (row[0].number < DB_SCHEMA_VERSION)
        db_keep_text(db, "the schema is older than this program: "
                         "gatehousectl migrate");
    else if (row[1].number > DB_SCHEMA_VERSION)
        db_keep_text(db, "the schema is too new for this program");
    else
        return ERR_OK;
    return ERR_SCHEMA;
}

/* Connected, and fit to be believed. */
static enum err open_host(struct db *db, const char *host)
{
    enum err e = connect_to(db, host);
    if (e == ERR_OK && db->role == DB_SERVICE)
        e = check_schema(db);
    if (e == ERR_OK && db->role == DB_SERVICE)
        e = db_check_age(db);
    if (e != ERR_OK)
        close_connection(db);
    return e;
}

static enum err open_at(struct db *db, size_t at)
{
    char host[DB_HOST_CAP];
    enum err e = ERR_UNAVAILABLE;
    if (db_host_at(db, at, host, sizeof(host)))
        e = open_host(db, host);
    if (e == ERR_OK)
        db->host = at;
    return e;
}

/* One of several that refuses writes: there may be a better one. */
static enum err refuse_replica(struct db *db)
{
    int64_t read_only = 0;
    enum err e = stmt_number(db, STMT_READ_ONLY, NULL, &read_only);
    if (e == ERR_OK && read_only == 0)
        return ERR_OK;
    close_connection(db);
    return ERR_UNAVAILABLE;
}

/* Begins with the host that answered last: each dead one before it would cost
 * every reconnection its timeout. A replica is taken when nothing else is
 * there: beside a promoted one, the others lack what was written since. Whom
 * hung servers have kept waiting leaves the rest of the list to the next. */
static enum err connect_any(struct db *db)
{
    if (db->config->database_socket[0] != '\0')
        return open_host(db, NULL);
    int64_t patience_us = db->config->database_read_timeout * CLOCK_SECOND;
    int64_t end_us = clock_monotonic_us() + patience_us;
    size_t count = db_host_count(db), first = db->host, replica = count;
    enum err e = ERR_UNAVAILABLE;
    for (size_t i = 0; i < count && e != ERR_OK; i++) {
        size_t at = (first + i) % count;
        if (i > 0 && clock_monotonic_us() > end_us) {
            db->host = at;
            return e;
        }
        e = open_at(db, at);
        if (e != ERR_OK || count == 1)
            continue;
        e = refuse_replica(db);
        if (e != ERR_OK && replica == count)
            replica = at;
    }
    bool second_best = e != ERR_OK && replica < count;
    if (second_best)
        e = open_at(db, replica);
    if (second_best || db->host != 0)
        db->return_us = clock_monotonic_us() + RETURN_US;
    else
        db->return_us = INT64_MAX;
    return e;
}

/* One line when the database goes away and one when it is back. */
static void log_change(const struct db *db, enum err was, enum err now)
{
    if (was == now)
        return;
    const struct log_field why[] = {LOG_TEXT("error", str_of(db->error)),
                                    LOG_END};
    if (now == ERR_OK)
        log_event(LOG_LEVEL_NOTICE, "db.back", &why[1]);
    else
        log_event(LOG_LEVEL_WARNING, "db.away", why);
}

/* Within the pause after a failure the old answer is given at once: a database
 * that is away must not cost each request a connection attempt. */
static enum err open_connection(struct db *db)
{
    int64_t began = clock_monotonic_us();
    if (db->refusal != ERR_OK && began < db->next_try_us)
        return db->refusal;
    enum err e = connect_any(db);
    if (e == ERR_OK)
        db->older = false;
    if (e != ERR_OK) {
        int64_t now = clock_monotonic_us(), pause = 2 * (now - began);
        if (pause < PAUSE_MIN_US)
            pause = PAUSE_MIN_US;
        db->next_try_us = now + (pause < PAUSE_MAX_US ? pause : PAUSE_MAX_US);
    }
    log_change(db, db->refusal, e);
    db->refusal = e;
    return e;
}

/* An idle connection has nothing to say: bytes waiting are the server's
 * farewell (wait_timeout, KILL, shutdown), none at all its end. One system
 * call instead of a ping's round trip. */
static bool is_quiet(const struct db *db)
{
    char c;
    ssize_t n =
        recv((int)mysql_get_socket(db->mysql), &c, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* All workers of all hosts meet again at the first server of their lists. */
static bool is_time_to_return(const struct db *db)
{
    return db->return_us != INT64_MAX && clock_monotonic_us() > db->return_us;
}

static void move(struct db *db)
{
    db->stay_until_us = clock_monotonic_us() + PAUSE_MAX_US;
    db->host = db->leave ? db->host + 1 : 0;
    close_connection(db);
}

enum err db_enter(struct db *db)
{
    if (db->in_transaction)
        return db->broken;
    if (db->mysql != NULL && (db->leave || is_time_to_return(db)))
        move(db);
    if (db->mysql != NULL && !is_quiet(db))
        close_connection(db);
    return db->mysql != NULL ? ERR_OK : open_connection(db);
}

enum err db_ready(struct db *db)
{
    enum err e = db_enter(db);
    return e == ERR_OK ? check_schema(db) : e;
}

enum err db_check_statements(struct db *db)
{
    static const int from[] = {[DB_SOURCE] = STMT_SOURCE_SETTINGS};
    static const int to[] = {STMT_MIGRATE_LEDGER, STMT_SOURCE_SETTINGS,
                             STMT_COUNT};
    enum err first = ERR_OK, e = db_enter(db);
    if (e != ERR_OK)
        return e;
    for (int id = from[db->role]; id < to[db->role] && db->mysql != NULL;
         id++) {
        e = stmt_prepare(db, (enum stmt_id)id);
        if (first == ERR_OK)
            first = e;
        stmt_close(db, (enum stmt_id)id);
    }
    return first;
}

enum err db_text(struct db *db, struct str sql)
{
    if (db->mysql == NULL)
        return ERR_UNAVAILABLE;
    if (mysql_real_query(db->mysql, sql.p, sql.n) != 0) /* guard: fixed text */
        return db_failed(db, mysql_errno(db->mysql), mysql_error(db->mysql),
                         DB_READ);
    MYSQL_RES *result = mysql_store_result(db->mysql);
    mysql_free_result(result);
    return ERR_OK;
}

enum err db_begin(struct db *db)
{
    if (db->in_transaction)
        return ERR_INTERNAL;
    enum err e = db_enter(db);
    if (e != ERR_OK)
        return e;
    e = db_text(db, str_of(stmt_sql(STMT_BEGIN)));
    if (e == ERR_OK) {
        db->in_transaction = true;
        db->broken = ERR_OK;
        db->pending = db->witness;
    }
    return e;
}

void db_rollback(struct db *db)
{
    if (!db->in_transaction)
        return;
    db->in_transaction = false;
    db->broken = ERR_OK;
    if (db->mysql != NULL && mysql_rollback(db->mysql) != 0)
        close_connection(db);
}

enum err db_commit(struct db *db)
{
    if (!db->in_transaction)
        return ERR_INTERNAL;
    enum err e = db->broken;
    if (e == ERR_OK && mysql_commit(db->mysql) != 0)
        e = db_failed(db, mysql_errno(db->mysql), mysql_error(db->mysql),
                      DB_COMMIT);
    /* A refused commit may have left the transaction open. */
    if (e != ERR_OK)
        db_rollback(db);
    else
        db_settle(db);
    db->in_transaction = false;
    return e;
}

bool db_again(unsigned *attempt, int64_t since_us)
{
    int64_t now = clock_monotonic_us();
    if (*attempt >= RETRY_MAX || now - since_us > RETRY_AGE_US)
        return false;
    /* Not secret, only different from process to process. */
    uint64_t dice = ((uint64_t)now ^ (uint64_t)getpid() << 20) *
                    UINT64_C(0x9E3779B97F4A7C15);
    long base_us = 4000L << *attempt;
    long pause_us = base_us + (long)((dice >> 33) % (uint64_t)base_us);
    struct timespec pause = {0, pause_us * 1000L};
    (void)nanosleep(&pause, NULL);
    ++*attempt;
    return true;
}

static enum err transact_once(struct db *db, enum err (*work)(void *data),
                              void *data)
{
    enum err e = db_begin(db);
    if (e != ERR_OK)
        return e;
    e = work(data);
    if (e == ERR_OK)
        return db_commit(db);
    db_rollback(db);
    return e;
}

enum err db_transact(struct db *db, enum err (*work)(void *data), void *data)
{
    int64_t since = clock_monotonic_us();
    unsigned attempt = 0;
    bool moved = false;
    enum err e;
    for (;;) {
        e = transact_once(db, work, data);
        if (e == ERR_RETRY && db_again(&attempt, since))
            continue;
        /* Nothing was kept: the next server may take it. */
        if (e != ERR_UNAVAILABLE || !db->leave || moved)
            break;
        moved = true;
    }
    return e == ERR_RETRY ? ERR_UNAVAILABLE : e;
}
