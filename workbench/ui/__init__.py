"""What pages are made of: Streamlit widgets over the façade. Pages themselves only lay out."""
