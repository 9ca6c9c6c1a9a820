#include "config.h"
#include "listen.h"
const struct unit_test listen_load_tests[] = { UNIT_END };
