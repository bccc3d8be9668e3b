package vmm.cloud;

/** What is known of a create after the call. */
public sealed interface CreateAnswer {

    /** The cloud accepted and gave the instance an id. */
    record Accepted(String instanceId) implements CreateAnswer {}

    /** The cloud surely made nothing. */
    record Refused(CloudFailure why) implements CreateAnswer {}

    /** The cloud may have made an instance, or may still make one. */
    record Unknown(CloudFailure why) implements CreateAnswer {}
}
