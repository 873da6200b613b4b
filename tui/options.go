package tui

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"tickmark/review"
)

// Options say what a workstation opens and how it looks. Only Desk is needed.
type Options struct {
	Desk    Desk
	Context context.Context // ends everything that is under way; for New, whose program ends with a connection. Nil: never

	Title    string            // where this is: a database or host name, shown in the corner and the window title
	Campaign review.CampaignID // opens in front of Home
	Screen   string            // a screen to open in front of Home, by its palette name; wins over Campaign's own
	Notice   string            // said at the start, such as what has just been imported
	ReadOnly string            // why nothing can be changed here; empty: it can
	Formats  []string          // names of the formats an export can be in
	Rules    []review.Rule     // what findings can mean; without them only their ids are shown
	Alarm    string            // what nobody may overlook, such as evidence that fails its check; in the header of every screen
	Window   [2]string         // first and last day that coverage opens with; empty: the last year
	Sample   bool              // items have a place in an auditor's draw: lists show it
	Remote   bool              // a person at another computer: no files of this one are offered

	Export        string                                                                // an export that cannot be read as it is: the screen that maps its columns opens in front of Home
	ExportOptions review.ImportOptions                                                  // how to read it
	ExportReview  func(context.Context, review.ImportReport) (review.CampaignID, error) // drafts the review of that export, or gives the one there is

	Theme   string              // auto (also empty), dark, light, plain
	ASCII   bool                // nothing but ASCII; also chosen from Env
	NoColor bool                // no colour; also chosen by a non-empty NO_COLOR in Env
	Keys    map[string][]string // other keys for actions, by their names (see KeyTable); conflicts are refused
	Mouse   bool                // wheel and clicks; never needed
	Env     []string            // the person's environment, "NAME=value"; of their computer, not of the server

	Said       func() []string                                       // what the desk has said since it was asked last; nil: it says it elsewhere
	Clock      func() time.Time                                      // nil: time.Now
	Passphrase func(context.Context, review.KeyInfo) ([]byte, error) // Plain only: asks for a passphrase without echo
	tick       func(time.Duration, func(time.Time) tea.Msg) tea.Cmd  // tests: nil is tea.Tick
}

// Themes are the names Options.Theme takes.
func Themes() []string { return []string{"auto", "dark", "light", "plain"} }

// Check says what is wrong with the options: an unknown theme, screen or action, or keys that conflict.
func (o Options) Check() error {
	if o.Desk == nil {
		return review.Errorf(review.KindInternal, "the workstation has nothing to work on")
	}
	if o.Theme != "" && !slices.Contains(Themes(), o.Theme) {
		return review.Errorf(review.KindUsage, "there is no theme %s", review.Quote(o.Theme)).
			WithHint("Themes are %s.", strings.Join(Themes(), ", "))
	}
	if o.Screen != "" && !slices.Contains(screenNames(), o.Screen) {
		return review.Errorf(review.KindUsage, "there is no screen %s", review.Quote(o.Screen)).
			WithHint("Screens are %s.", strings.Join(screenNames(), ", "))
	}
	_, err := newKeymap(o.Keys)
	return err
}

func (o Options) env(name string) string {
	for _, e := range slices.Backward(o.Env) {
		if k, v, ok := strings.Cut(e, "="); ok && k == name {
			return v
		}
	}
	return ""
}

// noColor follows no-color.org: any non-empty value means it.
func (o Options) noColor() bool { return o.NoColor || o.env("NO_COLOR") != "" }

// ascii reports whether only ASCII can be trusted to show: asked for, a console with few glyphs, or a locale that says so.
func (o Options) ascii() bool {
	if o.ASCII || slices.Contains([]string{"linux", "vt52", "vt100", "vt102", "vt220", "ansi", "cons25"}, o.env("TERM")) {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(o.env(name)); v != "" {
			return !strings.Contains(v, "utf-8") && !strings.Contains(v, "utf8")
		}
	}
	return false
}

// ProgramOptions are the options of a tea.Program that runs a model of New: whoever makes the program (Run, or a server
// with programs of its own) passes them on.
func (o Options) ProgramOptions() []tea.ProgramOption {
	opts := []tea.ProgramOption{tea.WithFPS(120)}
	if o.Env != nil {
		opts = append(opts, tea.WithEnvironment(o.Env))
	}
	if o.noColor() {
		opts = append(opts, tea.WithColorProfile(colorprofile.ASCII))
	}
	return opts
}

// Run shows the workstation on a terminal until the person leaves it or ctx ends. Staged verdicts stay staged.
func Run(ctx context.Context, o Options, in io.Reader, out io.Writer) error {
	if err := o.Check(); err != nil {
		return err
	}
	m := newApp(ctx, o)
	defer m.stop()
	opts := append(o.ProgramOptions(), tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out))
	_, err := tea.NewProgram(m, opts...).Run()
	switch {
	case err == nil, errors.Is(err, tea.ErrInterrupted):
		return nil
	case ctx.Err() != nil:
		return review.Errorf(review.KindCancelled, "the workstation was stopped")
	case errors.Is(err, tea.ErrProgramPanic):
		return review.Errorf(review.KindInternal, "the workstation failed; what was staged is still staged")
	}
	return &review.Error{Kind: review.KindIO, Message: "the terminal cannot be used", Hint: "Try tickmark review --plain.", Err: err}
}

// New makes the workstation as a Bubble Tea model, for servers that run programs of their own. Options must have passed
// Check, and ProgramOptions belong to its program.
func New(o Options) tea.Model {
	ctx := o.Context
	if ctx == nil {
		ctx = context.Background()
	}
	return newApp(ctx, o)
}
