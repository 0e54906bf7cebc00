package io.neurovisor.host.doctor;

import java.util.Locale;

/**
 * The result of a check.
 *
 * @param check the name of the check, on which scripts may rely
 * @param detail what was found, for people
 * @param fix the remedy, as a command if possible; empty if there is nothing to fix
 */
public record Finding(String check, Verdict verdict, String detail, String fix) {
    /** The verdict of a check. */
    public enum Verdict {
        PASS,
        /** It works, but slower or with less protection than possible. */
        WARN,
        /** It does not work. */
        FAIL,
        /** It could not be determined, such as by a guest that was only late. */
        UNKNOWN;

        /** Returns the name for output: {@code pass}. */
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

    public static Finding unknown(String check, String detail, String fix) {
        return new Finding(check, Verdict.UNKNOWN, detail, fix);
    }
}
