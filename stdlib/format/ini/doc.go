// Package ini is the scripts' module ini: sections of named texts, as Python's
// configparser reads and writes them (without its interpolation of values).
package ini
