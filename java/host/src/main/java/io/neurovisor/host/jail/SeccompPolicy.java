package io.neurovisor.host.jail;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.nativecalls.DefaultAction;
import io.neurovisor.host.nativecalls.Libseccomp;
import io.neurovisor.host.nativecalls.SeccompRule;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The system calls that a process may use, or may not, as a file that people read.
 *
 * @param others what becomes of a call that has no line
 */
public record SeccompPolicy(DefaultAction others, List<PolicyRule> rules) {
    private static final String QEMU = "qemu.seccomp";
    private static final String DAEMON = "daemon.seccomp";

    public SeccompPolicy {
        requireNonNull(others, "others is null");
        rules = List.copyOf(rules);
    }

    /** The policy for QEMU, which is part of the product. */
    public static SeccompPolicy qemu() {
        return parse(QEMU, DefaultAction.KILL, qemuText());
    }

    /** The policy for the daemon itself, which is part of the product. */
    static SeccompPolicy daemon() {
        return parse(DAEMON, DefaultAction.ALLOW, text(DAEMON));
    }

    /** The same, unread: equal texts are equal policies. */
    static String qemuText() {
        return text(QEMU);
    }

    private static String text(String name) {
        try (InputStream resource = SeccompPolicy.class.getResourceAsStream(name)) {
            if (resource == null) {
                throw new NeuroVisorException(Fault.INTERNAL, name + " is missing in this build; build it again");
            }
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.INTERNAL, name + " cannot be read (" + exception.getMessage() + ")", exception);
        }
    }

    /** Reads a policy; all that is wrong with it is told at once. */
    static SeccompPolicy parse(String name, DefaultAction others, String text) {
        List<PolicyRule> rules = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        List<String> lines = text.lines().map(String::strip).toList();
        for (int index = 0; index < lines.size(); index++) {
            if (lines.get(index).isEmpty() || lines.get(index).startsWith("#")) {
                continue;
            }
            try {
                rules.add(distinct(rules, effective(others, PolicyLine.parse(lines.get(index)))));
            } catch (PolicySyntaxException problem) {
                problems.add("line " + (index + 1) + " " + problem.getMessage());
            }
        }
        if (rules.isEmpty() && problems.isEmpty()) {
            problems.add("no line says anything");
        }
        if (!problems.isEmpty()) {
            throw new NeuroVisorException(Fault.INVALID_ARGUMENT, name + ": " + String.join("; ", problems));
        }
        return new SeccompPolicy(others, rules);
    }

    private static PolicyRule effective(DefaultAction others, PolicyRule rule) throws PolicySyntaxException {
        if (others == DefaultAction.ALLOW && rule.rule().errno() == 0) {
            throw new PolicySyntaxException("\"" + rule.rule().syscall() + "\" denies nothing; errno=NAME is missing");
        }
        return rule;
    }

    /**
     * Two lines for one call must differ in a condition, and none may stand beside a line without one, which would
     * decide alone.
     */
    private static PolicyRule distinct(List<PolicyRule> rules, PolicyRule next) throws PolicySyntaxException {
        for (PolicyRule rule : rules) {
            if (!rule.rule().syscall().equals(next.rule().syscall())) {
                continue;
            }
            List<?> conditions = rule.rule().conditions();
            if (conditions.isEmpty() || next.rule().conditions().isEmpty()) {
                throw new PolicySyntaxException(
                        "\"" + next.rule().syscall() + "\" has another line, and one of them has no condition");
            }
            if (conditions.equals(next.rule().conditions())) {
                throw new PolicySyntaxException(
                        "\"" + next.rule().syscall() + "\" has another line with the same conditions");
            }
        }
        return next;
    }

    /** The filter for {@code bwrap --seccomp} and the kernel: an array of {@code struct sock_filter}. */
    public byte[] compile() {
        return compile(Libseccomp.locate());
    }

    byte[] compile(Libseccomp library) {
        return library.compile(others, seccompRules());
    }

    /** Puts the filter on every thread of this process, for good. */
    void install() {
        Libseccomp.locate().install(others, seccompRules());
    }

    private List<SeccompRule> seccompRules() {
        return rules.stream().map(PolicyRule::rule).toList();
    }
}
