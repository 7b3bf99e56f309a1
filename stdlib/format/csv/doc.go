// Package csv is the scripts' module csv: tables as comma separated text.
package csv
