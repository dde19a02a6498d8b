/* Captures that lack frames: what is not there is not made up, and what is left is not taken for something else. */
#include "outcomes.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct outcome outcomes[] = {
    /* The SYN and the client's version string are lost, or the SYN-ACK and the server's: key exchange messages are no
     * first words. */
    {"<SA,ack=1000001 +1 >A +1 <A +20 " HELLO_S ">kexinit,at=24 +20 <kexinit <A +20 >FA", CAUSE_UNDETERMINED, 0, 1},
    {">S +40 >kexinit,at=24 +20 <kexinit,at=24 +20 >init +20 <reply <newkeys +1 >newkeys +20 >FA", CAUSE_UNDETERMINED,
     0, 1},
    /* The client's kernel resets a SYN-ACK that comes once more, because its program is gone: no forgery. */
    {">S +800 <SA +1 >A +3000 <SA +1 >R,at=1", CAUSE_LISTEN_OVERFLOW, 0, 0.9},
    /* One SYN, a SYN-ACK again and again, and then a reset: no half-open probe, whose kernel resets the first. */
    {">S +1 <SA +1000 <SA +2000 <SA +4000 <SA +1 >R", CAUSE_COUNT, 0, 0.79},
};

static void what_comes_of_it(void **state)
{
    (void)state;
    assert_int_equal(check_outcomes(outcomes, COUNT(outcomes)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
