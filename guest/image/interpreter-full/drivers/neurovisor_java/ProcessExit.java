/** Stands for the end of the process that a cell asks for. It ends the cell, and not the context. */
public final class ProcessExit extends Error {
    private ProcessExit(int status) {
        super(Integer.toString(status), null, false, true);
    }

    public static void exit(int status) {
        throw new ProcessExit(status);
    }

    public static void exit(Runtime runtime, int status) {
        throw new ProcessExit(status);
    }
}
