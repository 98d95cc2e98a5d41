using Mmm.Shared.Messages;

namespace Mmm.Shared.Decisions;

/// <summary>A command that was answered.</summary>
public sealed record AnsweredCommand(ControlProtocol.Command Command, ControlProtocol.Answer Answer)
{
    /// <summary>What one with the same id is answered: the same if it is the same command, and a refusal if it is another, which would seem to be carried out otherwise.</summary>
    public ControlProtocol.Answer AgainTo(ControlProtocol.Command command) => Words(command) == Words(Command)
        ? Answer
        : new ControlProtocol.Answer(command.Id, false, $"ERROR: The id '{command.Id}' is that of another command, '{Words(Command)}', and '{Words(command)}' was not carried out: choose another id for it.", null);

    private static string Words(ControlProtocol.Command command) => string.Join(' ', command.Arguments.Prepend(command.Verb));
}
