package io.neurovisor.host.jail;

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
 * The system calls that a process may, or may not, use. It is read from a text file.
 *
 * @param others the action for calls without a line
 */
public record SeccompPolicy(DefaultAction others, List<PolicyRule> rules) {
    private static final String QEMU = "qemu.seccomp";
    private static final String DAEMON = "daemon.seccomp";

    public SeccompPolicy {
        rules = List.copyOf(rules);
    }

    /** Returns the policy for QEMU, which is part of the product. */
    public static SeccompPolicy qemu() {
        return parse(QEMU, DefaultAction.KILL, qemuText());
    }

    /** Returns the policy for the daemon, which is part of the product. */
    static SeccompPolicy daemon() {
        return parse(DAEMON, DefaultAction.ALLOW, text(DAEMON));
    }

    /** Returns the text of the policy: equal texts are equal policies. */
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

    /** Parses a policy; reports all errors together. */
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
            problems.add("it contains no rules");
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
     * Two lines for the same call must have different conditions. A line without a condition must be the only one for
     * its call, because it alone would decide.
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

    /**
     * Returns the filter in the form of {@code bwrap --seccomp} and the kernel: an array of {@code struct sock_filter}.
     */
    byte[] compile(Libseccomp library) {
        return library.compile(others, seccompRules());
    }

    /** Installs the filter in every thread of this process, irrevocably. */
    void install() {
        Libseccomp.locate().install(others, seccompRules());
    }

    private List<SeccompRule> seccompRules() {
        return rules.stream().map(PolicyRule::rule).toList();
    }
}
