import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import jdk.jshell.execution.LocalExecutionControl;

/**
 * Runs snippets in this process. Their calls that would end it throw {@link ProcessExit}, and their values are kept as they are: a text
 * is made of those alone that are shown, because that runs code of the user.
 */
final class Engine extends LocalExecutionControl {
    private static final ClassDesc EXIT = ClassDesc.of("ProcessExit");
    private static final ClassDesc VALUES = ClassDesc.of("Values");

    private volatile Thread text;

    Engine() {
        super(Engine.class.getClassLoader());
    }

    @Override
    public void load(ClassBytecodes[] classes)
            throws ClassInstallException, NotImplementedException, EngineTerminationException {
        super.load(Stream.of(classes)
                .map(one -> new ClassBytecodes(one.name(), changed(one.bytecodes())))
                .toArray(ClassBytecodes[]::new));
    }

    private static byte[] changed(byte[] bytes) {
        ClassFile format = ClassFile.of();
        ClassTransform values =
                ClassTransform.transformingMethodBodies(Engine::isSnippet, Engine::keepValue);
        return format.transformClass(
                format.parse(bytes), ClassTransform.transformingMethodBodies(Engine::replaceExit).andThen(values));
    }

    private static boolean isSnippet(MethodModel method) {
        return method.methodName().equalsString("do_it$");
    }

    private static void keepValue(CodeBuilder target, CodeElement element) {
        if (element instanceof ReturnInstruction end && end.opcode() == Opcode.ARETURN) {
            target.invokestatic(
                    VALUES, "keep", MethodTypeDesc.ofDescriptor("(Ljava/lang/Object;)Ljava/lang/Object;"));
        }
        target.with(element);
    }

    private static void replaceExit(CodeBuilder target, CodeElement element) {
        if (element instanceof InvokeInstruction call && call.name().equalsString("exit")) {
            String owner = call.owner().asInternalName();
            if (owner.equals("java/lang/System") || owner.equals("java/lang/Runtime")) {
                boolean ofRuntime = owner.equals("java/lang/Runtime");
                target.invokestatic(
                        EXIT, "exit", MethodTypeDesc.ofDescriptor(ofRuntime ? "(Ljava/lang/Runtime;I)V" : "(I)V"));
                return;
            }
        }
        target.with(element);
    }

    @Override
    protected String invoke(Method snippet) throws Exception {
        try {
            return super.invoke(snippet);
        } finally {
            // Of this thread, which code of the user may have found.
            Thread.interrupted();
        }
    }

    /** Returns the text of a value as jshell shows it. Can be stopped like a snippet. */
    String textOf(Object value) throws InvocationTargetException {
        FutureTask<String> task = new FutureTask<>(() -> valueString(value));
        clientCodeEnter();
        text = Thread.ofPlatform().name("text").start(task);
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException ignored) {
                    // Code of the user has found this thread.
                }
            }
        } catch (ExecutionException failure) {
            throw new InvocationTargetException(failure.getCause());
        } finally {
            text = null;
            clientCodeLeave();
        }
    }

    @Override
    public void stop() throws EngineTerminationException, InternalException {
        super.stop();
        Thread running = text;
        if (running != null) {
            running.interrupt();
        }
    }
}
