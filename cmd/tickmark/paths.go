package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
)

// dbPath is the database: --db, else TICKMARK_DB, else tickmark.db in the XDG data folder.
func (a *app) dbPath() string {
	if a.db != "" {
		return a.db
	}
	if env := os.Getenv("TICKMARK_DB"); env != "" {
		return env
	}
	return filepath.Join(dataDir(), "tickmark.db")
}

// expandHome reads ~/ at the beginning of a path in the configuration, as a shell does on the command line.
func expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(xdg.Home, rest)
	}
	return path
}

func dataDir() string    { return filepath.Join(xdg.DataHome, "tickmark") }
func keyDir() string     { return filepath.Join(dataDir(), "keys") } // of keys that tickmark makes
func stateDir() string   { return filepath.Join(xdg.StateHome, "tickmark") }
func configPath() string { return filepath.Join(xdg.ConfigHome, "tickmark", "config.toml") }
