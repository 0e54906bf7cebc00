package io.neurovisor.host.doctor;

import static java.util.Objects.requireNonNull;

import java.util.Locale;

/**
 * What a check has found.
 *
 * @param check the check's name, which scripts may rely on
 * @param detail what was found, for a person
 * @param fix how to mend it, as a command where one can; empty when there is nothing to mend
 */
public record Finding(String check, Verdict verdict, String detail, String fix) {
    public Finding {
        requireNonNull(check, "check is null");
        requireNonNull(verdict, "verdict is null");
        requireNonNull(detail, "detail is null");
        requireNonNull(fix, "fix is null");
    }

    /** Whether somebody should do something. */
    public enum Verdict {
        PASS,
        /** It works, yet slower or with less protection than it could. */
        WARN,
        /** It does not work. */
        FAIL;

        /** The name used in output: {@code pass}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static Finding pass(String check, String detail) {
        return new Finding(check, Verdict.PASS, detail, "");
    }

    public static Finding warn(String check, String detail, String fix) {
        return new Finding(check, Verdict.WARN, detail, fix);
    }

    public static Finding fail(String check, String detail, String fix) {
        return new Finding(check, Verdict.FAIL, detail, fix);
    }
}
