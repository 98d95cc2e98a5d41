namespace Mmm.Lab;

/// <summary>Something an operator of the lab must know; the message is a whole sentence and is shown without a stack trace.</summary>
public sealed class LabException(string message, Exception? inner = null) : Exception(message, inner);
