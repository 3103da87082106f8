package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gatehouse-gw/gatehouse/internal/spelling"
)

// A usageError says what of a command line is none of ours: a command, a flag, or the
// number of arguments.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func misused(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// arguments takes as many arguments as it names. A name is what usage calls it and,
// behind a comma, what it is.
func arguments(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > len(names) {
			return misused("%s: %q is an argument too many; it takes %s", below(cmd), brief(args[len(names)]), taken(names))
		}
		if len(args) < len(names) {
			name, what, _ := strings.Cut(names[len(args)], ", ")
			return misused("%s: %s (%s) is missing; usage: %s", below(cmd), name, what, cmd.UseLine())
		}
		return nil
	}
}

// below is the name of a command behind that of the program, which stands before
// every error.
func below(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// taken says which arguments a command has.
func taken(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	short := make([]string, len(names))
	for i, name := range names {
		short[i], _, _ = strings.Cut(name, ",")
	}
	return strings.Join(short, " and ")
}

// noCommand is the Args of a command that only has others below it: an argument is a
// command that does not exist.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return unknownCommand(cmd, args[0])
}

// unknownCommand is the error of a name that is no command below parent.
func unknownCommand(parent *cobra.Command, name string) error {
	var names []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if meant, ok := spelling.Nearest(name, names); ok {
		return misused("%s is no command of %s; did you mean %s?", brief(name), parent.CommandPath(), meant)
	}
	return misused("%s is no command of %s (%s --help lists them)", brief(name), parent.CommandPath(), parent.CommandPath())
}

// showHelp is what a command does that only has others below it.
func showHelp(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// newHelp is "gatehouse help", which does not pass over commands that do not exist.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			at := cmd.Root()
			for _, name := range args {
				next, _, err := at.Find([]string{name})
				if err != nil || next == at {
					return unknownCommand(at, name)
				}
				at = next
			}
			return at.Help()
		},
	}
}

// flagError words the errors of flags: the flag, its value, and the rule.
func flagError(cmd *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	var required *pflag.ValueRequiredError
	var unknown *pflag.NotExistError
	switch {
	case errors.As(err, &value):
		return fmt.Errorf("--%s: %w", value.GetFlag().Name, plainValue(value))
	case errors.As(err, &required):
		return misused("--%s: a value is missing behind it", required.GetFlag().Name)
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown.GetSpecifiedName())
	}
	return misused("%s: %v", cmd.CommandPath(), err)
}

// plainValue is what is wrong with a flag's value, without the words of the library
// for flags that are no settings.
func plainValue(e *pflag.InvalidValueError) error {
	switch e.GetFlag().Value.Type() {
	case "bool":
		if cause := errors.Unwrap(e); !strings.HasPrefix(cause.Error(), "strconv") {
			return cause
		}
		return fmt.Errorf("%q is neither true nor false", brief(e.GetValue()))
	case "duration":
		return fmt.Errorf("%q is no time such as 30s", brief(e.GetValue()))
	}
	return errors.Unwrap(e)
}

func unknownFlag(cmd *cobra.Command, name string) error {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if s := settingCalled(name); s != nil {
		if s.value == nil {
			return misused("--%s is a key of the configuration file alone (--config)", name)
		}
		return misused("--%s is no flag of %s, where it would have no effect", name, cmd.CommandPath())
	}
	if meant, ok := spelling.Nearest(name, names); ok {
		return misused("--%s is no flag of %s; did you mean --%s?", brief(name), cmd.CommandPath(), meant)
	}
	return misused("--%s is no flag of %s (%s --help lists them)", brief(name), cmd.CommandPath(), cmd.CommandPath())
}
