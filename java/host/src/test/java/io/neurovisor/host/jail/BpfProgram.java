package io.neurovisor.host.jail;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Interprets a seccomp filter like the kernel: the instructions of classic BPF that libseccomp generates, over the data
 * of one call. Fails on any other instruction.
 */
final class BpfProgram {
    static final int KILL_PROCESS = 0x80000000;
    static final int ALLOW = 0x7fff0000;
    static final int X86_64 = 0xc000003e;
    static final int I386 = 0x40000003;

    private static final int INSTRUCTION_BYTES = 8;
    private static final int ARGUMENTS_OFFSET = 16;
    private static final int DATA_BYTES = ARGUMENTS_OFFSET + 6 * 8;

    private final ByteBuffer program;

    BpfProgram(byte[] program) {
        assertThat(program.length % INSTRUCTION_BYTES).as("whole instructions").isZero();
        this.program = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
    }

    static int errno(int number) {
        return 0x00050000 | number;
    }

    int length() {
        return program.capacity() / INSTRUCTION_BYTES;
    }

    /** Returns the filter's answer to a call of this architecture. */
    int answer(int number, long... arguments) {
        return answerOn(X86_64, number, arguments);
    }

    int answerOn(int architecture, int number, long... arguments) {
        ByteBuffer data = ByteBuffer.allocate(DATA_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(number).putInt(architecture).putLong(0);
        for (long argument : arguments) {
            data.putLong(argument);
        }
        return run(data);
    }

    private int run(ByteBuffer data) {
        int accumulator = 0;
        int next = 0;
        while (true) {
            int at = next * INSTRUCTION_BYTES;
            int code = Short.toUnsignedInt(program.getShort(at));
            int operand = program.getInt(at + 4);
            next++;
            switch (code) {
                case 0x20 -> accumulator = data.getInt(operand); // ld [k]
                case 0x54 -> accumulator &= operand; // and #k
                case 0x05 -> next += operand; // ja
                case 0x15 -> next += jump(at, accumulator == operand);
                case 0x25 -> next += jump(at, Integer.compareUnsigned(accumulator, operand) > 0);
                case 0x35 -> next += jump(at, Integer.compareUnsigned(accumulator, operand) >= 0);
                case 0x06 -> {
                    return operand; // ret #k
                }
                default -> throw new AssertionError("instruction " + Integer.toHexString(code) + " is unknown");
            }
        }
    }

    private int jump(int at, boolean taken) {
        return Byte.toUnsignedInt(program.get(at + (taken ? 2 : 3)));
    }
}
