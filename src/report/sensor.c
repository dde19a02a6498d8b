#include "sensor.h"

#include <stddef.h>

static const char *sensor;

void report_set_sensor(const char *name)
{
    sensor = name;
}

const char *report_sensor(void)
{
    return sensor;
}
