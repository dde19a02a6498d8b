/* Values of a packet's fields, and whether they are what a rule of nft wants: the right sides of its matches and the
 * elements of its sets, in the form that `nft -j` gives them.
 */
#ifndef LOCAL_RULES_VALUE_H
#define LOCAL_RULES_VALUE_H

#include <jansson.h>

#include "local/rules_model.h"
#include "local/rules_packet.h"

enum rules_value_kind {
    VALUE_UNKNOWN = 0,
    VALUE_ABSENT, /* the packet has no such field: no condition on it matches */
    VALUE_NUMBER,
    VALUE_ADDRESS,
    VALUE_NAME
};

struct rules_value {
    enum rules_value_kind kind;
    bool assumed;
    bool is_sender; /* the address that it comes from */
    uint64_t number;
    struct address address;
    char text[16]; /* of a name: an interface's */
};

enum { RULES_CONCAT = 8 };

/* An address of either family as text; false: it is none. */
bool rules_address(const char *text, struct address *address);

/* One value, or several that are looked up together. */
struct rules_key {
    struct rules_value part[RULES_CONCAT];
    unsigned parts;
    bool too_many;
};

/* What was found in a set. */
struct rules_found {
    enum rules_truth truth;
    const json_t *element; /* that it falls under; NULL: not one alone */
    const json_t *data;    /* of a map */
    int64_t expires_s;
    bool limited; /* the element has a limit of its own */
};

/* Comparisons still allowed in one walk, so that its time is bounded; and what was found last in long lists, for a walk
 * looks the same address up again and again. */
enum { RULES_REMEMBERED = 8, RULES_LONG_LIST = 16 };

struct rules_work {
    uint32_t left;
    unsigned next;
    struct rules_remembered {
        const json_t *elements; /* NULL: empty */
        struct rules_key key;
        struct rules_found found;
    } remembered[RULES_REMEMBERED];
};

/* Both are the same, byte for byte. */
bool rules_key_equal(const struct rules_key *a, const struct rules_key *b);

struct rules_value rules_value_number(uint64_t number);
struct rules_value rules_value_address(const struct address *address);
struct rules_value rules_value_name(const char *name);

/* A word that stands for a number, "established", "tcp", "syn"; false: none that is known. */
bool rules_word(const char *word, uint64_t *number);

/* A number, a word for one, or several that are put together ("syn|ack"); false: not known. */
bool rules_json_number(const json_t *json, uint64_t *number);

/* Whether a key is what the right side says: a literal, a prefix, a range, a list of elements. Sets by name are the
 * caller's. */
enum rules_truth rules_is(const struct rules_key *key, const json_t *right, struct rules_work *work);

/* The first of the elements under which a key falls; with `map`, elements are pairs of a key and its data. */
struct rules_found rules_find(const struct rules_key *key, const json_t *elements, bool map, struct rules_work *work);

/* An element as one types it: "10.0.0.0/24 . 22". */
void rules_element_text(const json_t *element, char *text, size_t size);

#endif
