#include "sensor_name.h"

#include <limits.h>
#include <stddef.h>
#include <unistd.h>

#include "report/sensor.h"

void sensor_name_set(const char *given, bool live)
{
    static char host[HOST_NAME_MAX + 1];
    if (given == NULL && live && gethostname(host, sizeof host - 1) == 0 && host[0] != '\0')
        given = host;
    report_set_sensor(given);
}
