package io.neurovisor.host.jail;

import io.neurovisor.host.nativecalls.SeccompRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The grammar of a line of a policy: {@code SYSCALL [ARGUMENT[&MASK]==VALUE...] [errno=NAME] [rare|kvm] # REASON}. */
final class PolicyLine {
    private static final Pattern SYSCALL = Pattern.compile("[a-z][a-z0-9_]*");
    private static final Pattern CONDITION = Pattern.compile("([a-z_]+)(?:&([^=]+))?==(.+)");
    private static final Map<String, Integer> ERRNOS = Map.of("EPERM", 1, "ENOENT", 2, "EINVAL", 22, "ENOSYS", 38);

    private final String syscall;
    private final List<SeccompRule.Condition> conditions = new ArrayList<>();
    private int errno;
    private PolicyRule.Path path = PolicyRule.Path.COMMON;

    private PolicyLine(String syscall) {
        this.syscall = syscall;
    }

    /** @param line a line that is neither empty nor a comment */
    static PolicyRule parse(String line) throws PolicySyntaxException {
        int hash = line.indexOf('#');
        String reason = hash < 0 ? "" : line.substring(hash + 1).strip();
        if (reason.isEmpty()) {
            throw new PolicySyntaxException("has no reason; it ends with # and why the call is needed");
        }
        List<String> words = Arrays.asList(line.substring(0, hash).strip().split("\\s+"));
        if (!SYSCALL.matcher(words.getFirst()).matches()) {
            throw new PolicySyntaxException("\"" + words.getFirst() + "\" is not the name of a system call");
        }
        PolicyLine rule = new PolicyLine(words.getFirst());
        for (String word : words.subList(1, words.size())) {
            rule.take(word);
        }
        return new PolicyRule(new SeccompRule(rule.syscall, rule.conditions, rule.errno), rule.path, reason);
    }

    private void take(String word) throws PolicySyntaxException {
        Matcher condition = CONDITION.matcher(word);
        if (word.equals("rare")) {
            path = PolicyRule.Path.RARE;
        } else if (word.equals("kvm")) {
            path = PolicyRule.Path.KVM;
        } else if (word.startsWith("errno=")) {
            errno = errno(word.substring("errno=".length()));
        } else if (condition.matches()) {
            conditions.add(condition(condition.group(1), condition.group(2), condition.group(3)));
        } else {
            throw new PolicySyntaxException(
                    "\"" + word + "\" is not understood; allowed: ARGUMENT[&MASK]==VALUE, errno=NAME, rare, kvm");
        }
    }

    private static int errno(String name) throws PolicySyntaxException {
        Integer number = ERRNOS.get(name);
        if (number == null) {
            throw new PolicySyntaxException("errno \"" + name + "\" is unknown; allowed: "
                    + String.join(", ", ERRNOS.keySet().stream().sorted().toList()));
        }
        return number;
    }

    private SeccompRule.Condition condition(String name, String mask, String value) throws PolicySyntaxException {
        SyscallArgument argument = SyscallArgument.of(syscall, name)
                .orElseThrow(() -> new PolicySyntaxException("argument \"" + name + "\" of " + syscall
                        + " is unknown; allowed: " + SyscallArgument.namesOf(syscall)));
        long selected = mask == null ? argument.width() : number(argument, mask);
        long wanted = number(argument, value);
        if ((wanted & ~selected) != 0) {
            throw new PolicySyntaxException("\"" + value + "\" has bits outside of its mask, so it never matches");
        }
        return argument.condition(selected, wanted);
    }

    /** Parses names and hexadecimal numbers joined by {@code |}. */
    private static long number(SyscallArgument argument, String text) throws PolicySyntaxException {
        long bits = 0;
        for (String part : text.split("\\|", -1)) {
            Long constant = argument.constants().get(part);
            if (constant != null) {
                bits |= constant;
            } else if (part.matches("0x[0-9a-f]{1,8}")) {
                bits |= Long.parseLong(part.substring(2), 16);
            } else {
                throw new PolicySyntaxException("value \"" + part
                        + "\" is unknown; allowed: 0x and hexadecimal digits, "
                        + String.join(
                                ", ",
                                argument.constants().keySet().stream().sorted().toList()));
            }
        }
        return bits;
    }
}
