package io.neurovisor.host.kvm;

/**
 * The means by which the guest's instructions are executed.
 *
 * @param name {@code kvm} or {@code tcg}
 * @param reason why it is not KVM, for people; empty if it is
 */
public record Accelerator(String name, String reason) {
    public static final Accelerator KVM = new Accelerator("kvm", "");

    public static Accelerator emulation(String reason) {
        return new Accelerator("tcg", reason);
    }

    public boolean isKvm() {
        return name.equals("kvm");
    }
}
