package io.neurovisor.host.kvm;

/**
 * The means by which the guest's instructions are executed.
 *
 * @param name {@code kvm} or {@code tcg}
 * @param reason why it is not KVM, for people; empty if it is
 * @param isProven whether KVM was seen to work or to fail, and not only to be late
 */
public record Accelerator(String name, String reason, boolean isProven) {
    /** What a user of emulated guests must know, in one line of a terminal. */
    public static final String EMULATION_WARNING = "no KVM: emulation is no security boundary; see ./neurovisor doctor";

    public static final Accelerator KVM = new Accelerator("kvm", "", true);

    public static Accelerator emulation(String reason) {
        return new Accelerator("tcg", reason, true);
    }

    /** Returns emulation for as long as it is unknown whether KVM works. */
    static Accelerator emulationForNow(String reason) {
        return new Accelerator("tcg", reason, false);
    }

    public boolean isKvm() {
        return isKvm(name);
    }

    /** Returns whether an accelerator of this name is the hardware. */
    public static boolean isKvm(String name) {
        return name.equals("kvm");
    }
}
