package transport

// inside completes the argv of a tool that runs boot in a container: the tool and
// its options, the container's name, what parts it from boot, boot.
func inside(tool []string, container string, separator, boot []string) ([]string, error) {
	if err := requireWord("the container's name", container); err != nil {
		return nil, err
	}
	argv := append(append([]string(nil), tool...), container)
	return append(append(argv, separator...), boot...), nil
}

// lxcHint is what lxc-attach and its successors leave unsaid.
const lxcHint = "Note: many versions of LXC do not report program execution failure meaningfully. " +
	"Please check the host logs (/var/log) for more information."

// Hint ends the text of an EofError.
func (l *LXC) Hint() string { return lxcHint }

// Hint ends the text of an EofError.
func (l *LXD) Hint() string { return lxcHint }

// Hint ends the text of an EofError.
func (i *Incus) Hint() string { return lxcHint }
