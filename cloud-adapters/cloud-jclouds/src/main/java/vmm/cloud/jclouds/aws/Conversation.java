package vmm.cloud.jclouds.aws;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.Budget;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.NoAnswer;

import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;

/**
 * The requests of one call of the core. None begins when the call's time is over; one that meets
 * keys that are not accepted any more is sent once more with new ones, for it surely had no effect.
 */
final class Conversation {

    private final Account account;
    private final KeyRing keyRing;
    private final Refusals refusals;
    private final Budget budget;

    /** Where a conversation gets its line. */
    interface Account {
        Ec2 ec2() throws CloudFailure;
    }

    /** What reads a page of a listing. */
    interface Reader {
        void read(Xml page) throws CloudFailure;
    }

    /**
     * @param time of all its requests together
     */
    Conversation(Account account, KeyRing keyRing, Refusals refusals, Duration time) {
        this(account, keyRing, refusals, new Budget(time));
    }

    Conversation(Account account, KeyRing keyRing, Refusals refusals, Budget budget) {
        this.account = account;
        this.keyRing = keyRing;
        this.refusals = refusals;
        this.budget = budget;
    }

    /** Whether it is too late to try something else. */
    boolean isHalfOver() {
        return budget.isHalfOver();
    }

    /**
     * Sends one request.
     *
     * @throws CloudFailure if nothing was sent, for want of keys or time
     */
    HttpAnswer send(Form form) throws CloudFailure, NoAnswer {
        var ec2 = account.ec2();
        for (boolean again = false; ; again = true) {
            var keys = keyRing.keys(ec2.line(), refusals, budget);
            budget.check();
            var answer = ec2.send(form, keys);
            if (again || !Refusals.isOfStaleKeys(answer)) return answer;
            if (!keyRing.forget(keys)) return answer;
        }
    }

    /** Asks something, and brings back whatever is answered. */
    HttpAnswer ask(Form form) throws CloudFailure {
        try {
            return send(form);
        } catch (NoAnswer e) {
            throw refusals.silence(e);
        }
    }

    /** Asks for a document that must be there. */
    Xml look(Form form) throws CloudFailure {
        return understood(ask(form));
    }

    /** Looks at one thing, empty if EC2 itself says that there is none such. */
    Optional<Xml> find(Form form, String what) throws CloudFailure {
        var answer = ask(form);
        if (Refusals.isAbsent(answer, what)) return Optional.empty();
        return Optional.of(understood(answer));
    }

    /**
     * Asks whether something would be allowed: EC2 says that with an error of its own.
     *
     * @return what was answered if it was not asked but done, by a cloud that knows no dry runs
     */
    Optional<HttpAnswer> rehearse(Form form, String flavor) throws CloudFailure {
        var answer = ask(form.but("DryRun", "true"));
        if (answer.isSuccess()) return Optional.of(answer);
        if (Refusals.codeOf(answer).equals(Refusals.DRY_RUN)) return Optional.empty();
        throw refusals.of(answer, flavor);
    }

    /** Reads every page of a listing, or fails. */
    void pages(Form form, Reader reader) throws CloudFailure {
        var seen = new HashSet<String>();
        var page = look(form);
        while (true) {
            reader.read(page);
            var next = page.text("nextToken");
            if (next.isEmpty()) return;
            if (!seen.add(next.get())) {
                throw new CloudFailure.Unreachable("EC2 lists the same page over and over");
            }
            page = look(form.but("NextToken", next.get()));
        }
    }

    /** The document of an answer. */
    Xml understood(HttpAnswer answer) throws CloudFailure {
        if (!answer.isSuccess()) throw refusals.of(answer);
        return Xml.parse(answer.body());
    }
}
