package timeline

// SetMax changes how many spans and notes are kept.
func (r *Recorder) SetMax(n int) { r.max = n }
