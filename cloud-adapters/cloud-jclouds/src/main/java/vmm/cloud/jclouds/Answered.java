package vmm.cloud.jclouds;

/** Carries an answer that is no success through jclouds. */
final class Answered extends RuntimeException {

    private final transient HttpAnswer answer;

    Answered(HttpAnswer answer) {
        super("the server answered " + answer.status(), null, false, false);
        this.answer = answer;
    }

    HttpAnswer answer() {
        return answer;
    }
}
