/* Which machine's view the results are: for readers who gather those of several. */
#ifndef REPORT_SENSOR_H
#define REPORT_SENSOR_H

/* For the whole process, before its first report; NULL: not known, as of a capture that somebody handed over. `name` is
 * the caller's, and stays. */
void report_set_sensor(const char *name);
const char *report_sensor(void);

#endif
