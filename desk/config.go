package desk

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"

	"github.com/pelletier/go-toml/v2"

	"tickmark/review"
)

// Config is the one configuration file, all of it optional.
type Config struct {
	Principal string            `toml:"principal"`
	Key       string            `toml:"key"`
	People    map[string]string `toml:"people"` // e-mail or worker id = principal (rulings 5)
	Policy    string            `toml:"policy"` // a policy file; relative to the configuration file
	Theme     string            `toml:"theme"`  // dark, light, plain
	ASCII     bool              `toml:"ascii"`
	Mouse     bool              `toml:"mouse"` // wheel and clicks in the workstation
	Keys      map[string]string `toml:"keys"`  // action = key, for the workstation

	dir string
}

// LoadConfig reads a configuration file; a missing one is an empty configuration.
func LoadConfig(path string) (Config, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Config{}, nil
	}
	if err != nil {
		return Config{}, review.Errorf(review.KindIO, "cannot read the configuration %s: %w", review.Safe(path), err).
			WithHint("make the file readable, or move it away: no configuration is needed")
	}
	c, err := ParseConfig(b)
	if err != nil {
		var e *review.Error
		if errors.As(err, &e) {
			e.Message = review.Safe(path) + ": " + e.Message
		}
		return Config{}, err
	}
	c.dir = filepath.Dir(path)
	return c, nil
}

// ParseConfig reads TOML strictly: an unknown name is an error with its line.
func ParseConfig(b []byte) (Config, error) {
	var c Config
	dec := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields()
	err := dec.Decode(&c)
	if err == nil {
		return c, nil
	}
	var strict *toml.StrictMissingError
	var syntax *toml.DecodeError
	switch {
	case errors.As(err, &strict) && len(strict.Errors) > 0:
		line, col := strict.Errors[0].Position()
		return c, review.Errorf(review.KindUsage, "line %d, column %d: there is no setting %q", line, col, review.Safe(joinKey(strict.Errors[0].Key()))).
			WithHint("the settings are principal, key, policy, theme, ascii, mouse, [people] and [keys]")
	case errors.As(err, &syntax):
		line, col := syntax.Position()
		return c, review.Errorf(review.KindUsage, "line %d, column %d: %s", line, col, review.Safe(syntax.Error())).
			WithHint("the configuration is TOML: name = value")
	}
	return c, review.Errorf(review.KindUsage, "the configuration cannot be read: %w", err).WithHint("the configuration is TOML: name = value")
}

func joinKey(k toml.Key) string {
	out := ""
	for i, part := range k {
		if i > 0 {
			out += "."
		}
		out += part
	}
	return out
}

// policy is the policy file the configuration names, else the defaults.
func (c Config) policy() (review.Policy, error) {
	if c.Policy == "" {
		return review.DefaultPolicy(), nil
	}
	path := c.Policy
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.dir, path)
	}
	return LoadPolicy(path)
}

// LoadPolicy reads a policy file.
func LoadPolicy(path string) (review.Policy, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return review.Policy{}, review.Errorf(review.KindUsage, "cannot read the policy file %s: %w", review.Safe(path), err).
			WithHint("give an existing TOML file, or leave it out for the defaults")
	}
	return review.ParsePolicy(b)
}
